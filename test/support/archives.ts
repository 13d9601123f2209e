// Archives over the Docker API: sent, and read entry by entry.

import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { extract, type Header } from 'tar-stream';

export interface Sent {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** `PUT /containers/x/archive?path=/` with a body, or `GET …` without. */
export function sendArchive(socketPath: string, place: string, body?: Buffer): Promise<Sent> {
  const [method = 'GET', path = '/'] = place.split(' ');
  const headers = body ? { 'Content-Type': 'application/x-tar', 'Content-Length': body.length } : {};
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, method, path, headers, agent: false }, (response) => {
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes }),
        reject,
      );
    });
    request.once('error', reject);
    request.end(body);
  });
}

export interface ReadEntry {
  readonly header: Header;
  readonly content: Buffer;
}

/** The entries of a tar by their names. */
export async function entriesOf(tar: Buffer): Promise<Map<string, ReadEntry>> {
  const reader = extract();
  reader.end(tar);
  const entries = new Map<string, ReadEntry>();
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
    entries.set(entry.header.name, { header: entry.header, content: Buffer.concat(chunks) });
  }
  return entries;
}
