// GET /events: what happened in a host since a moment, and what goes on to happen.

import type { DockerEvent } from '../client.ts';
import { parseFilters } from '../containers/filters.ts';
import { type Nanoseconds, parseMoment } from '../containers/timestamps.ts';
import { EngineError } from '../errors.ts';
import { eventFilter, eventFilterKeys } from '../events-filter.ts';
import type { Host } from '../hosts/host.ts';
import { maxEventBacklogBytes } from '../limits.ts';
import type { Exchange } from './exchange.ts';
import { text } from './query.ts';
import type { Routes } from './router.ts';

/** With the fields of the API before 1.22, which its clients still read. */
function line(event: DockerEvent): string {
  const { Type, Action, Actor, time, timeNano } = event;
  const old = {
    ...((Type === 'container' || Type === 'image') && { status: Action, id: Actor.ID }),
    ...(Type === 'container' && Actor.Attributes.image !== undefined && { from: Actor.Attributes.image }),
  };
  return `${JSON.stringify({ ...old, Type, Action, Actor, scope: 'local', time, timeNano })}\n`;
}

/** Sends until the client goes, or `until` comes; cuts off a client that does not read. */
async function stream(exchange: Exchange<Host>, wanted: (event: DockerEvent) => boolean, untilMs: number | null) {
  const { response, signal, subject } = exchange;
  await new Promise<void>((resolve) => {
    const stopListening = subject.events.listen((event) => {
      if (!wanted(event)) return;
      response.write(line(event));
      if (response.writableLength > maxEventBacklogBytes) response.destroy();
    });
    const end = () => {
      stopListening();
      clearTimeout(timer);
      resolve();
    };
    // setTimeout's longest is 2^31-1 ms, 24 days.
    const waitMs = untilMs === null ? null : Math.min(Math.max(untilMs - Date.now(), 0), 2 ** 31 - 1);
    const timer = waitMs === null ? undefined : setTimeout(end, waitMs);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

function milliseconds(moment: Nanoseconds | null): number | null {
  return moment === null ? null : Number(moment / 1_000_000n);
}

async function events(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, response } = exchange;
  const since = parseMoment('since', query.get('since'));
  const until = parseMoment('until', query.get('until'));
  if (since !== null && until !== null && since > until)
    throw new EngineError('invalid', '`since` time must be before `until` time');
  const wanted = eventFilter(parseFilters(query.get('filters'), eventFilterKeys));
  exchange.begin(text(query, 'jsonl') ? 'application/jsonl' : 'application/json');
  const untilMs = milliseconds(until);
  // No await between what is remembered and listening: nothing is lost between the two.
  if (since !== null || until !== null)
    for (const event of subject.events.recent()) {
      const nanoseconds = BigInt(Math.round(event.timeNano / 1e6)) * 1_000_000n;
      if (since !== null && nanoseconds < since) continue;
      if (until !== null && nanoseconds > until) continue;
      if (wanted(event)) response.write(line(event));
    }
  if (untilMs === null || untilMs > Date.now()) await stream(exchange, wanted, untilMs);
  response.end();
}

export const eventRoutes: Routes<Host> = { 'GET /events': events };
