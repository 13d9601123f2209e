# Runs in a student's workspace: many connections to the Docker socket, each of which asks the same again and again, or asks
# once and never reads. Its argument is JSON: {"connections": 32, "reads": true, "asks": [["GET", "/containers/json", null]]}.
# `$n` in an ask is another number each time, `$id` the Id of the answer before it, `$k` a kibibyte of letters.
import http.client
import itertools
import json
import socket
import sys
import threading
import time


class Docker(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/var/run/docker.sock")


plan = json.loads(sys.argv[1])
numbers = itertools.count()


def fill(text, number, found):
    if text is None:
        return None
    text = text.replace("$n", str(number)).replace("$id", found)
    while "$k" in text:
        text = text.replace("$k", "k" * 1024, 1)
    return text


def ask(connection, method, path, body, number, found):
    body = fill(body, number, found)
    headers = {} if body is None else {"Content-Type": "application/json"}
    connection.request(method, fill(path, number, found), body, headers)


def floods():
    while True:
        connection = Docker("docker")
        try:
            while True:
                number, found = next(numbers), ""
                for method, path, body in plan["asks"]:
                    ask(connection, method, path, body, number, found)
                    said = connection.getresponse().read()
                    if b'"Id"' in said[:100]:
                        found = json.loads(said).get("Id", "")
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            time.sleep(0.02)


def never_reads():
    connection = Docker("docker")
    for method, path, body in plan["asks"]:
        ask(connection, method, path, body, next(numbers), "")
    time.sleep(1000)


for _ in range(plan["connections"]):
    threading.Thread(target=floods if plan["reads"] else never_reads, daemon=True).start()
time.sleep(1000)
