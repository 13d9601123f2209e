// Reads and follows a container's log through its host's Docker API. (The engine's client answers JSON; a log is none.)

import { request } from 'node:http';
import { dockerTimeoutMs, maxLogBytes, maxLogLines } from '../limits.ts';

/** Takes the frames of the Docker API apart: 1 byte stream, 3 zero, 4 length, then that much of the log. */
export function withoutFrames(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let place = 0;
  while (place + 8 <= bytes.length) {
    const length = view.getUint32(place + 4);
    parts.push(bytes.subarray(place + 8, place + 8 + length));
    place += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The last lines of a container's log, both streams. Throws what the socket throws, and Error for another status than 200. */
export function readLog(dockerSocket: string, container: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = `/containers/${encodeURIComponent(container)}/logs?stdout=1&stderr=1&tail=${maxLogLines}`;
    const asked = request({ socketPath: dockerSocket, path, signal, timeout: dockerTimeoutMs }, (answer) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      answer.on('data', (chunk: Uint8Array) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxLogBytes) asked.destroy(new Error(`read log of ${container}: more than ${maxLogBytes} bytes`));
      });
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode !== 200)
          return reject(new Error(`read log of ${container}: status ${answer.statusCode}`));
        const all = Buffer.concat(chunks);
        const framed = answer.headers['content-type'] !== 'application/vnd.docker.raw-stream';
        resolve(framed ? withoutFrames(all) : all.toString('utf8'));
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`read log of ${container}: no answer in ${dockerTimeoutMs} ms`)));
    asked.on('error', reject);
    asked.end();
  });
}

/** Calls `grew` whenever the log gets longer, until the container ends or `signal` aborts; resolves then, never throws. */
export function followLog(
  dockerSocket: string,
  container: string,
  signal: AbortSignal,
  grew: () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const path = `/containers/${encodeURIComponent(container)}/logs?stdout=1&stderr=1&tail=0&follow=1`;
    const asked = request({ socketPath: dockerSocket, path, signal, agent: false }, (answer) => {
      if (answer.statusCode !== 200) return void answer.resume();
      // What came between the last look and this moment is not followed: look once more.
      grew();
      answer.on('data', grew);
    });
    asked.on('error', () => resolve());
    asked.on('close', () => resolve());
    asked.end();
  });
}
