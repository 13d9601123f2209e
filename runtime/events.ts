// A host's events, as `docker events` shows them: the last ones, numbered, for whoever reads at a pace of their own.

import type { DockerEvent } from './client.ts';
import { maxEventLogBytes, maxEventsPerHost } from './limits.ts';

export type EventType = 'container' | 'image' | 'network' | 'volume' | 'daemon' | 'builder';

interface Kept {
  readonly event: DockerEvent;
  readonly bytes: number;
}

/** Objects, numbers and times of one event, about. */
const fixedBytes = 300;

function bytesOf({ Action, Actor }: DockerEvent): number {
  let bytes = fixedBytes + Action.length;
  for (const [name, value] of Object.entries(Actor.Attributes)) bytes += name.length + value.length;
  return bytes;
}

export class EventLog {
  readonly #kept: Kept[] = [];
  readonly #listeners = new Set<() => void>();
  #bytes = 0;
  #first = 0;

  /** Tells an event. Attributes are shown as they are: names, image, labels. */
  emit(type: EventType, action: string, id: string, attributes: Readonly<Record<string, string>> = {}): void {
    const milliseconds = Date.now();
    const event: DockerEvent = {
      Type: type,
      Action: action,
      Actor: { ID: id, Attributes: attributes },
      time: Math.floor(milliseconds / 1000),
      timeNano: milliseconds * 1e6,
    };
    const bytes = bytesOf(event);
    this.#kept.push({ event, bytes });
    this.#bytes += bytes;
    // The newest is kept however large it is, so that who reads along has it.
    while (this.#kept.length > maxEventsPerHost || (this.#bytes > maxEventLogBytes && this.#kept.length > 1)) {
      this.#bytes -= this.#kept.shift()?.bytes ?? 0;
      this.#first += 1;
    }
    for (const listener of [...this.#listeners]) listener();
  }

  /** The number of the oldest event that is remembered. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next event will have. */
  get next(): number {
    return this.#first + this.#kept.length;
  }

  /** Null where it is forgotten, or has not happened yet. */
  at(number: number): DockerEvent | null {
    return this.#kept[number - this.#first]?.event ?? null;
  }

  /** Calls `listener` after each new event until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
