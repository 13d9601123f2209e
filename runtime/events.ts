// A host's events, as `docker events` shows them: the last ones remembered, new ones told to whoever listens.

import type { DockerEvent } from './client.ts';
import { maxEventsPerHost } from './limits.ts';

export type EventType = 'container' | 'image' | 'network' | 'volume' | 'daemon' | 'builder';

export class EventLog {
  readonly #recent: DockerEvent[] = [];
  readonly #listeners = new Set<(event: DockerEvent) => void>();

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
    this.#recent.push(event);
    if (this.#recent.length > maxEventsPerHost) this.#recent.shift();
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** The remembered events, oldest first. */
  recent(): readonly DockerEvent[] {
    return this.#recent;
  }

  /** Calls `listener` for each new event until the returned function is called. */
  listen(listener: (event: DockerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
