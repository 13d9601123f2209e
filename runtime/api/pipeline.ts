// HTTP pipelining: a client may send its next request before it has the answer to the first, and no real one does. They are
// answered one after the other, and who sends many ahead is cut off before the parser has made a thousand of one packet.

import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { maxPipelinedRequests } from '../limits.ts';

/** What each connection asked for before it had the answer to the first; there is no entry while it waits for none. */
const waiting = new WeakMap<Duplex, (() => void)[]>();

/** Calls `answer` when the requests before it on this connection are answered. */
export function inOrder(socket: Duplex, response: ServerResponse, answer: () => void): void {
  response.once('close', () => {
    const next = waiting.get(socket)?.shift();
    if (next) next();
    else waiting.delete(socket);
  });
  const ahead = waiting.get(socket);
  if (!ahead) {
    waiting.set(socket, []);
    answer();
  } else if (ahead.push(answer) > maxPipelinedRequests) socket.destroy();
}

const feeding = new WeakMap<Duplex, (chunk: Buffer) => void>();

/** What ends a request's head. */
const endOfHead = Buffer.from('\r\n\r\n');

/** Where `chunk` is to be cut, so that no part has more than a few heads; mostly at its end alone. */
function* parts(chunk: Buffer): Generator<Buffer> {
  let from = 0;
  let heads = 0;
  for (let at = chunk.indexOf(endOfHead); at >= 0; at = chunk.indexOf(endOfHead, at + endOfHead.length)) {
    if (++heads % maxPipelinedRequests !== 0) continue;
    yield chunk.subarray(from, at + endOfHead.length);
    from = at + endOfHead.length;
  }
  if (from < chunk.length) yield chunk.subarray(from);
}

/**
 * Has Node's HTTP parser, which makes a request of every head in what it is given, be given little at a time, and nothing once
 * the connection is cut off. To be called when the server has the connection.
 */
export function feedSlowly(socket: Duplex): void {
  const [parse] = socket.listeners('data') as ((chunk: Buffer) => void)[];
  if (!parse) return;
  socket.removeListener('data', parse);
  const feed = (chunk: Buffer): void => {
    for (const part of parts(chunk)) {
      if (socket.destroyed) return;
      // Taken over in the middle (hijack): the rest is for whom has it now.
      if (!socket.listeners('data').includes(feed)) {
        socket.unshift(chunk.subarray(part.byteOffset - chunk.byteOffset));
        return;
      }
      parse.call(socket, part);
    }
  };
  socket.on('data', feed);
  feeding.set(socket, feed);
}

/** Node has taken its parser off an upgraded connection: nothing is fed to it any more. */
export function endFeeding(socket: Duplex): void {
  const feed = feeding.get(socket);
  if (feed) socket.removeListener('data', feed);
}
