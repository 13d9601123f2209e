// The verbs of a container that stream: attach, logs, stats, wait.

import { attachContainer } from '../containers/attach.ts';
import { DetachWatch, parseDetachKeys } from '../containers/detach-keys.ts';
import { emit } from '../containers/events.ts';
import { logDetails } from '../containers/log-details.ts';
import type { LogMessage } from '../containers/log-file.ts';
import { readLogs } from '../containers/logs.ts';
import { readStats } from '../containers/stats.ts';
import { formatNanoseconds, parseMoment, parseRfc3339 } from '../containers/timestamps.ts';
import { parseWaitCondition, waitContainer } from '../containers/wait.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import type { Exchange } from './exchange.ts';
import { frameHeader } from './frames.ts';
import { hijackStreams, join, streamType } from './hijack.ts';
import { flag, flagOr, text } from './query.ts';
import type { Routes } from './router.ts';

interface Encoding {
  readonly tty: boolean;
  readonly timestamps: boolean;
  /** What the logging driver keeps with each message; a blank follows it, also where it is empty. Null where it is not wanted. */
  readonly details: string | null;
}

/** Messages as bytes of the connection: framed, or raw for a terminal; after the time and the details, if these are wanted. */
function encode(messages: readonly LogMessage[], { tty, timestamps, details }: Encoding): Buffer {
  const pieces: Buffer[] = [];
  for (const { time, stream, data } of messages) {
    const moment = timestamps ? parseRfc3339(time) : null;
    const prefix = (moment === null ? '' : `${formatNanoseconds(moment)} `) + (details === null ? '' : `${details} `);
    if (!tty) pieces.push(frameHeader(stream, prefix.length + data.length));
    if (prefix !== '') pieces.push(Buffer.from(prefix));
    pieces.push(data);
  }
  return Buffer.concat(pieces);
}

async function attach(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, request } = exchange;
  // moby sets the answer's content type before it finds that it cannot attach.
  exchange.failsAs = 'application/vnd.docker.raw-stream';
  const container = subject.findContainer(exchange.param('name'));
  const detach = new DetachWatch(parseDetachKeys(text(query, 'detachKeys')));
  const want = { stdin: flag(query, 'stdin'), stdout: flag(query, 'stdout'), stderr: flag(query, 'stderr') };
  const tty = container.record.config.Tty;
  for await (const _ of request); // a body means nothing here
  const attached = flag(query, 'stream') ? await attachContainer(container, exchange.param('name'), want) : null;
  const socket = hijackStreams(exchange, tty);
  if (flag(query, 'logs')) {
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    const options = { ...want, since: null, until: null, tail: null, follow: false };
    for await (const messages of readLogs(container, options, gone.signal)) {
      if (gone.signal.aborted) break;
      if (!socket.write(encode(messages, { tty, timestamps: false, details: null })))
        await new Promise<void>((resolve) => socket.once('drain', resolve).once('close', resolve));
    }
  }
  if (!attached) socket.end();
  else if (await join(socket, attached, { tty, detach: tty && want.stdin ? detach : null })) emit(container, 'detach');
}

async function logs(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, version, signal, response } = exchange;
  const container = subject.findContainer(exchange.param('name'));
  const options = {
    stdout: flag(query, 'stdout'),
    stderr: flag(query, 'stderr'),
    since: parseMoment('since', query.get('since')),
    until: parseMoment('until', query.get('until')),
    // As in moby, text that is no number means all.
    tail: /^\d{1,9}$/.test(text(query, 'tail')) ? Number(text(query, 'tail')) : null,
    follow: flag(query, 'follow'),
  };
  if (!options.stdout && !options.stderr)
    throw new EngineError('invalid', 'Bad parameters: you must choose at least one stream');
  const { config, hostConfig } = container.record;
  if (hostConfig.LogConfig.Type === 'none')
    throw new EngineError('notImplemented', 'configured logging driver does not support reading');
  const { Tty } = config;
  const encoding = {
    tty: Tty,
    timestamps: flag(query, 'timestamps'),
    details: flag(query, 'details') ? logDetails(container) : null,
  };
  exchange.beginAnswer(streamType(version, Tty));
  for await (const messages of readLogs(container, options, signal)) {
    await exchange.write(encode(messages, encoding));
    if (signal.aborted) return;
  }
  response.end();
}

async function stats(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, signal, response } = exchange;
  const container = subject.findContainer(exchange.param('name'));
  const stream = flagOr(query, 'stream', true);
  if (stream && flag(query, 'one-shot')) throw new EngineError('invalid', 'cannot have stream=true and one-shot=true');
  exchange.beginAnswer('application/json');
  for await (const sample of readStats(container, { stream, oneShot: flag(query, 'one-shot') }, signal)) {
    await exchange.write(`${JSON.stringify(sample)}\n`);
    if (signal.aborted) return;
  }
  response.end();
}

async function wait(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, response, signal } = exchange;
  const container = subject.findContainer(exchange.param('name'));
  const waiting = waitContainer(container, parseWaitCondition(text(query, 'condition')), signal);
  // The CLI waits for the headers before it starts the container.
  exchange.beginAnswer('application/json');
  try {
    response.end(`${JSON.stringify({ StatusCode: await waiting })}\n`);
  } catch {
    response.end(`${JSON.stringify({ Error: { Message: 'context canceled' }, StatusCode: -1 })}\n`);
  }
}

export const streamRoutes: Routes<Host> = {
  'POST /containers/{name}/attach': { takesOver: attach },
  'GET /containers/{name}/logs': logs,
  'GET /containers/{name}/stats': stats,
  'POST /containers/{name}/wait': wait,
};
