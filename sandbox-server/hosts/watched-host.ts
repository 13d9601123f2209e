// One host of a lab that is open. Subscribes to its events once and lists its containers once, for both readers: the checks and the
// engine view. Independent of message transport.

import { setTimeout as delay } from 'node:timers/promises';
import type { DockerClient, DockerEvent, HostInfo } from '@drydock/runtime';
import type { EngineLink } from '../engine-link.ts';
import { kindOf } from '../errors.ts';
import { engineProbeMs } from '../limits.ts';
import { HeldAnswer } from './held-answer.ts';
import { type ListedContainer, listContainers } from './listed-container.ts';

export interface WatchedHostParts {
  /** The lab's name of it. */
  readonly name: string;
  readonly info: HostInfo;
  readonly docker: DockerClient;
  readonly link: EngineLink;
  /** The subscription failed, and not because the engine is away. It is tried again. */
  readonly failed: (error: unknown) => void;
}

export interface HostReader {
  /** The subscription stands, for the first time or again. What happened before causes no event. */
  subscribed(): void;
  happened(event: DockerEvent): void;
}

const changeNothing = /^(?:attach|detach|resize|top|exec_.*)$/;

/** False for what clients do with a container that stays as it is, such as `docker exec`. */
export function changesHost({ Type, Action }: DockerEvent): boolean {
  return Type !== 'container' || !changeNothing.test(Action.split(':', 1)[0] ?? '');
}

export class WatchedHost {
  readonly name: string;
  readonly info: HostInfo;
  readonly docker: DockerClient;
  readonly #link: EngineLink;
  readonly #failed: (error: unknown) => void;
  readonly #readers = new Set<HostReader>();
  readonly #containers: HeldAnswer<readonly ListedContainer[]>;
  #interrupted: ReadonlySet<string> = new Set();
  /** Ends the subscription; null while there is no reader. */
  #hearing: AbortController | null = null;
  #isSubscribed = false;

  constructor({ name, info, docker, link, failed }: WatchedHostParts) {
    this.name = name;
    this.info = info;
    this.docker = docker;
    this.#link = link;
    this.#failed = failed;
    this.#containers = new HeldAnswer(() => listContainers(docker));
  }

  /** Whether the subscription stands. */
  get isSubscribed(): boolean {
    return this.#isSubscribed;
  }

  /** Ids of containers that have ended with the host and were not started since. Empty before the first subscription. */
  get interrupted(): ReadonlySet<string> {
    return this.#interrupted;
  }

  /**
   * Tells `reader` of every event, until the returned function is called (idempotent). The first reader causes the subscription,
   * and the last one that leaves ends it. Where the subscription stands already, `subscribed` is called at once.
   */
  listen(reader: HostReader): () => void {
    this.#readers.add(reader);
    if (this.#hearing === null) {
      this.#hearing = new AbortController();
      void this.#hear(this.#hearing.signal);
    } else if (this.#isSubscribed) reader.subscribed();
    return () => {
      if (this.#readers.delete(reader) && this.#readers.size === 0) this.#endSubscription();
    };
  }

  /** All containers, newest first; the engine is asked once after each change. Throws what the engine throws. */
  containers(): Promise<readonly ListedContainer[]> {
    return this.#isSubscribed ? this.#containers.get() : listContainers(this.docker);
  }

  /** Ends the subscription. No reader is told anything any more. Idempotent. */
  release(): void {
    this.#readers.clear();
    this.#endSubscription();
  }

  #endSubscription(): void {
    this.#hearing?.abort();
    this.#hearing = null;
    this.#isSubscribed = false;
  }

  async #hear(signal: AbortSignal): Promise<void> {
    let pauseMs = engineProbeMs / 4;
    while (!signal.aborted) {
      try {
        const events = await this.docker.events(signal);
        // The host may have ended and started meanwhile. Containers that ended with the host are not the student's doing.
        const { interrupted } = await this.#link.call((engine) => engine.host(this.info.name));
        if (signal.aborted) return;
        pauseMs = engineProbeMs / 4;
        this.#interrupted = new Set(interrupted);
        this.#containers.drop();
        this.#isSubscribed = true;
        for (const reader of [...this.#readers]) reader.subscribed();
        for await (const event of events) if (!signal.aborted) this.#happened(event);
      } catch (error) {
        if (!signal.aborted && kindOf(error) !== 'unavailable') this.#failed(error);
      }
      // A reader that has come since has caused a subscription of its own.
      if (signal.aborted) return;
      this.#isSubscribed = false;
      this.#link.suspect();
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, engineProbeMs * 10);
    }
  }

  #happened(event: DockerEvent): void {
    if (changesHost(event)) this.#containers.drop();
    if (event.Type === 'container' && event.Action === 'start')
      this.#interrupted = new Set([...this.#interrupted].filter((id) => id !== event.Actor.ID));
    for (const reader of [...this.#readers]) reader.happened(event);
  }
}
