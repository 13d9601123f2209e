// Reads and follows a container's log through its host's Docker API. (The engine's client parses JSON, which a log is not.)

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

/** The last `lines` of a log. Null if they have more than `maxLogBytes`; reading stops there. */
function readLines(socketPath: string, container: string, lines: number, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const path = `/containers/${encodeURIComponent(container)}/logs?stdout=1&stderr=1&tail=${lines}`;
    const asked = request({ socketPath, path, signal, timeout: dockerTimeoutMs }, (answer) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      answer.on('data', (chunk: Uint8Array) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= maxLogBytes) return;
        resolve(null);
        asked.destroy();
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

/**
 * The last lines of a container's log, both streams: `maxLogLines` of them, or fewer where those are too much. Throws what the
 * socket throws, and Error for another status than 200.
 */
export async function readLog(dockerSocket: string, container: string, signal: AbortSignal): Promise<string> {
  for (let lines = maxLogLines; lines >= 1; lines = Math.floor(lines / 4)) {
    const text = await readLines(dockerSocket, container, lines, signal);
    if (text !== null) return text;
  }
  // Even the last line is too long. No lesson asks for such a line.
  return '';
}

/**
 * Calls `grew` once it follows the log, and again when the log gets longer. Resolves then, and when the container ends or
 * `signal` aborts; never throws. Whoever has looked may follow again: so a log that grows without end costs no more than looks.
 */
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
      answer.once('data', () => {
        asked.destroy();
        // Stop following first: the look that `grew` causes follows it again.
        resolve();
        grew();
      });
      answer.on('error', () => undefined);
    });
    asked.on('error', () => resolve());
    asked.on('close', () => resolve());
    asked.end();
  });
}
