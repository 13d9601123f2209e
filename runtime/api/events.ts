// GET /events: the events of a host since a moment, and those to come.

import type { DockerEvent } from '../client.ts';
import { parseFilters } from '../containers/filters.ts';
import { type Nanoseconds, parseMoment } from '../containers/timestamps.ts';
import { EngineError } from '../errors.ts';
import type { EventLog } from '../events.ts';
import { eventFilter } from '../events-filter.ts';
import type { Host } from '../hosts/host.ts';
import { maxEventStreamsPerHost } from '../limits.ts';
import type { Exchange } from './exchange.ts';
import { text } from './query.ts';
import type { Routes } from './router.ts';

/** With the fields of the API before 1.22, which its clients still read. */
function toLine(event: DockerEvent): Buffer {
  const { Type, Action, Actor, time, timeNano } = event;
  const old = {
    ...((Type === 'container' || Type === 'image') && { status: Action, id: Actor.ID }),
    ...(Type === 'container' && Actor.Attributes.image !== undefined && { from: Actor.Attributes.image }),
  };
  return Buffer.from(`${JSON.stringify({ ...old, Type, Action, Actor, scope: 'local', time, timeNano })}\n`);
}

/** Makes each line once, for all clients that read it. */
const lines = new WeakMap<DockerEvent, Buffer>();

function line(event: DockerEvent): Buffer {
  const known = lines.get(event) ?? toLine(event);
  lines.set(event, known);
  return known;
}

/** Resolves when the log has another event, at `untilMs`, or when the client goes. */
async function another(log: EventLog, untilMs: number | null, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stopListening();
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stopListening = log.listen(done);
    // setTimeout's longest is 2^31-1 ms, 24 days.
    const waitMs = untilMs === null ? null : Math.min(Math.max(untilMs - Date.now(), 0), 2 ** 31 - 1);
    const timer = waitMs === null ? undefined : setTimeout(done, waitMs);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

/**
 * Sends the wanted events from number `from` on, until the client goes or `untilMs` comes. The client sets the pace, and no
 * events are kept for it: a client that is so slow that the log drops an event before it was read is cut off.
 */
async function stream(
  exchange: Exchange<Host>,
  wanted: (event: DockerEvent, number: number) => boolean,
  from: number,
  untilMs: number | null,
): Promise<void> {
  const { response, signal, subject } = exchange;
  const log = subject.events;
  for (let number = from; !signal.aborted; ) {
    const event = log.at(number);
    if (event) {
      if (wanted(event, number)) await exchange.write(line(event));
      number += 1;
    } else if (number < log.first) {
      response.destroy();
      return;
    } else if (untilMs !== null && untilMs <= Date.now()) return;
    // No await between reading the log and listening, so that no event is missed in between.
    else await another(log, untilMs, signal);
  }
}

function milliseconds(moment: Nanoseconds | null): number | null {
  return moment === null ? null : Number(moment / 1_000_000n);
}

const readersOf = new WeakMap<Host, number>();

async function events(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, response } = exchange;
  const since = parseMoment('since', query.get('since'));
  const until = parseMoment('until', query.get('until'));
  if (since !== null && until !== null && since > until) {
    const [from, to] = ['since', 'until'].map((name) => text(query, name).slice(0, 40));
    throw new EngineError('invalid', `\`since\` time (${from}) cannot be after \`until\` time (${to})`);
  }
  const passes = eventFilter(parseFilters(query.get('filters')));
  const inTime = ({ timeNano }: DockerEvent): boolean => {
    const nanoseconds = BigInt(Math.round(timeNano / 1e6)) * 1_000_000n;
    return (since === null || nanoseconds >= since) && (until === null || nanoseconds <= until);
  };
  const { first, next } = subject.events;
  const from = since !== null || until !== null ? first : next;
  const wanted = (event: DockerEvent, number: number): boolean => (number >= next || inTime(event)) && passes(event);
  const readers = (readersOf.get(subject) ?? 0) + 1;
  if (readers > maxEventStreamsPerHost)
    throw new EngineError(
      'exhausted',
      `the events of this host are read ${maxEventStreamsPerHost} times already, the most at once: end some of the readers`,
    );
  readersOf.set(subject, readers);
  try {
    exchange.beginAnswer(text(query, 'jsonl') ? 'application/jsonl' : 'application/json');
    await stream(exchange, wanted, from, milliseconds(until));
    if (!response.destroyed) response.end();
  } finally {
    readersOf.set(subject, (readersOf.get(subject) ?? 1) - 1);
  }
}

export const eventRoutes: Routes<Host> = { 'GET /events': events };
