"""Serves one file by HTTP with sendfile(2), a connection after the other: what a blob's throughput is held against. Says its port."""

import os
import socket
import sys

size = os.path.getsize(sys.argv[1])
server = socket.create_server(('127.0.0.1', 0))
print(server.getsockname()[1], flush=True)
while True:
    client, _ = server.accept()
    with client, open(sys.argv[1], 'rb') as file:
        head = b''
        while b'\r\n\r\n' not in head:
            head += client.recv(65536)
        client.sendall(b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' % size)
        client.sendfile(file)
