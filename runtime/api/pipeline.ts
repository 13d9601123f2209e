// HTTP pipelining: a client may send further requests before it has the answer to the first, though no real client does. They
// are answered one after the other. A client that sends many ahead is cut off before the parser makes a thousand requests of
// one packet.

import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { giveBack } from '../give-back.ts';
import { maxPipelinedRequests } from '../limits.ts';

/** Each connection's requests that wait for the answers before them. A connection has an entry while it waits for an answer. */
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

/** The end of a request's head. */
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
 * Node's HTTP parser makes a request of every head in the bytes that it gets. Feeds it little at a time, and nothing once the
 * connection is cut off. Call it when the server has the connection.
 */
export function feedSlowly(socket: Duplex): void {
  const [parse] = socket.listeners('data') as ((chunk: Buffer) => void)[];
  if (!parse) return;
  socket.removeListener('data', parse);
  const feed = (chunk: Buffer): void => {
    for (const part of parts(chunk)) {
      if (socket.destroyed) return;
      // The connection was taken over in between (hijack): the rest is for the new owner.
      if (!socket.rawListeners('data').includes(feed)) {
        socket.unshift(chunk.subarray(part.byteOffset - chunk.byteOffset));
        return;
      }
      parse.call(socket, part);
    }
    // The parser has made copies of what belongs to a body. Whoever has taken the connection over may have got a part of it.
    if (socket.rawListeners('data').includes(feed)) giveBack(chunk);
  };
  // Node takes its parser off an upgraded connection when the request's body is complete, which may be later than the event
  // `upgrade`. By this property, which `once` has for its own listeners, it removes this one instead.
  socket.on('data', Object.assign(feed, { listener: parse }));
}
