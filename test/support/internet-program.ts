// An internet for tests, in the network namespace that this program is started in: a name server, and at every address a page by HTTP
// and HTTPS. Its one argument is JSON: `{"names": {"a.example": ["93.184.216.34"]}, "pages": {"/path": {"type": …, "base64": …}}, "key": PEM,
// "cert": PEM}`. Writes a line for each connection, `ADDRESS PORT`, and `ready` first.

import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { isIPv4 } from 'node:net';

const { names, pages, key, cert } = JSON.parse(process.argv[2] ?? '') as {
  names: Record<string, string[]>;
  pages: Record<string, { type: string; base64: string }>;
  key: string;
  cert: string;
};

/** An answer with the IPv4 addresses of the name that a query asks for (RFC 1035). */
function answer(query: Buffer): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  const known = names[labels.join('.')];
  const addresses = query.readUInt16BE(at + 1) === 1 ? (known ?? []).filter(isIPv4) : [];
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
  for (const [index, count] of [1, addresses.length, 0, 0].entries()) head.writeUInt16BE(count, 4 + 2 * index);
  const records = addresses.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([head, ...records]);
}

const socket = dgram.createSocket('udp4');
socket.on('message', (query, { port, address }) => socket.send(answer(query), port, address));
socket.bind(53, '0.0.0.0');
await once(socket, 'listening');

const page: http.RequestListener = (request, response) => {
  const { type, base64 } = pages[request.url ?? ''] ?? {};
  if (type !== undefined) response.setHeader('Content-Type', type).end(Buffer.from(base64 ?? '', 'base64'));
  else if (request.url === '/large') response.end(Buffer.alloc(24 * 1024 * 1024));
  else response.end(JSON.stringify({ url: request.url, host: request.headers.host, headers: request.rawHeaders }));
};
for (const [port, server] of [
  [80, http.createServer(page)],
  [443, https.createServer({ key, cert }, page)],
  [8080, http.createServer(page)],
] as const) {
  server.on('connection', ({ localAddress, localPort }) => console.log(`${localAddress} ${localPort}`));
  server.listen(port, '0.0.0.0');
  await once(server, 'listening');
}
console.log('ready');
