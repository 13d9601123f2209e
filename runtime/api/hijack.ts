// Taking the connection over after a request: from then on its bytes are a process's stdin and its output.

import type { Duplex } from 'node:stream';
import type { DetachWatch } from '../containers/detach-keys.ts';
import { goneClientCheckMs } from '../limits.ts';
import type { Attached } from '../processes/streams.ts';
import type { Exchange } from './exchange.ts';
import { OutputEncoder } from './frames.ts';
import { compareVersions } from './versions.ts';

/** Whether Node has handed the connection over already (`upgrade`), and the bytes that followed the request. */
export interface Takeover {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Takeovers of requests with an `Upgrade` header, until their handler asks for them. */
const upgrades = new WeakMap<object, Takeover>();

export function rememberUpgrade(request: object, takeover: Takeover): void {
  upgrades.set(request, takeover);
}

/** Answers `101 UPGRADED` (or 200, without `Upgrade`) and gives the bare connection. The request's body must have been read. */
export function hijack(exchange: Exchange<unknown>, contentType: string, headers: Record<string, string> = {}): Duplex {
  const { request, response } = exchange;
  // A client's `Upgrade` was ignored if the route may not take over.
  if (!exchange.mayTakeOver)
    throw new Error(`the route table does not say that ${exchange.place} takes connections over`);
  const upgrade = upgrades.get(request);
  const socket: Duplex = upgrade?.socket ?? request.socket;
  const lines = Object.entries({ 'Content-Type': contentType, ...headers }).map(([name, value]) => `${name}: ${value}`);
  if (upgrade) {
    upgrades.delete(request);
    const protocol = request.headers.upgrade ?? 'tcp';
    lines.unshift('HTTP/1.1 101 UPGRADED', 'Connection: Upgrade', `Upgrade: ${protocol.replace(/[^\w./-]/g, '')}`);
  } else {
    lines.unshift('HTTP/1.1 200 OK');
    // Node's parser must not get what the client types: it would take that for the next request.
    for (const event of ['data', 'end', 'drain', 'timeout']) socket.removeAllListeners(event);
  }
  response.detachSocket(request.socket);
  exchange.taken = socket;
  for (const [name, value] of Object.entries(response.getHeaders())) lines.push(`${name}: ${value}`);
  if (upgrade && upgrade.head.length > 0) socket.unshift(upgrade.head);
  socket.on('error', () => socket.destroy());
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return socket;
}

/** Docker's content types for the two ways to send output. API versions before 1.42 always have the raw one. */
export function streamType(version: string, tty: boolean): string {
  const multiplexed = !tty && compareVersions(version, '1.42') >= 0;
  return multiplexed ? 'application/vnd.docker.multiplexed-stream' : 'application/vnd.docker.raw-stream';
}

/** Takes the connection over for a process's streams. Docker tells only those who ask to upgrade that they are multiplexed. */
export function hijackStreams(exchange: Exchange<unknown>, tty: boolean): Duplex {
  return hijack(exchange, streamType(exchange.version, tty || !upgrades.has(exchange.request)));
}

const nothing = Buffer.alloc(0);

export interface JoinOptions {
  readonly tty: boolean;
  /** Null if no keys detach. */
  readonly detach: DetachWatch | null;
}

/**
 * Joins a connection and a process's streams until the output has ended, the client is gone, or detach keys were typed
 * (then true). The client's half-close ends stdin and nothing else. Each side waits for the other where it is slow.
 */
export async function join(socket: Duplex, attached: Attached, { tty, detach }: JoinOptions): Promise<boolean> {
  const { input, output } = attached;
  const encoder = new OutputEncoder(!tty);
  let detached = false;
  let watch: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    socket.once('close', resolve);
    socket.once('error', () => resolve());
    encoder.once('error', () => resolve());
    output.once('error', () => resolve());
    input?.on('error', () => undefined); // the process closed its stdin; its output goes on
    socket.on('data', (typed: Buffer) => {
      if (!input || detached) return;
      const watched = detach?.push(typed) ?? { pass: typed, detached: false };
      if (watched.pass.length > 0 && !input.writableEnded && !input.write(watched.pass)) {
        socket.pause();
        input.once('drain', () => socket.resume());
        input.once('close', () => socket.resume());
      }
      if (!watched.detached) return;
      detached = true;
      resolve();
    });
    socket.once('end', () => {
      input?.end();
      // Half closed or gone? An empty write tells: it fails if the client is gone.
      watch = setInterval(() => socket.write(nothing), goneClientCheckMs);
      watch.unref();
    });
    encoder.once('end', resolve);
    output.pipe(encoder).pipe(socket, { end: false });
  });
  clearInterval(watch);
  attached.detach();
  output.unpipe(encoder);
  socket.end();
  return detached;
}
