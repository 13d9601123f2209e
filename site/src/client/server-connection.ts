/**
 * The page's connection to its session: opens the session, gets tickets, says hello, and connects again after a drop. Does not know
 * what messages mean.
 */
import {
  type Crowded,
  closeCodes,
  type OpenSession,
  type PageMessage,
  routes,
  type ServerMessage,
} from '@drydock/sandbox-server/protocol';
import { newTicket, openSession, ServerRefusal } from './api.ts';
import { firstRetryMs, longestRetryMs, welcomeWithinMs } from './limits.ts';
import { Talk, type TalkEnd } from './talk.ts';

export type ConnectionState =
  | { readonly name: 'connecting' }
  | { readonly name: 'connected' }
  /** Not connected; the next try is at `retryAtMs` (of `Date.now()`). `why` is a sentence for the student. */
  | { readonly name: 'waiting'; readonly retryAtMs: number; readonly why: string }
  /** Over for good. `ended`: offer to start the lab again. `outdated`: the page is to be reloaded. */
  | { readonly name: 'over'; readonly why: 'ended' | 'outdated' }
  /** No session was opened, because other labs of the student would be put away. A request without `ask` opens it all the same. */
  | ({ readonly name: 'crowded' } & Crowded)
  | { readonly name: 'refused'; readonly message: string };

export interface ConnectionEvents {
  readonly message: (message: ServerMessage) => void;
  readonly output: (channel: number, bytes: Uint8Array) => void;
  readonly state: (state: ConnectionState) => void;
}

/** Owns its socket and timers until `close`. Sends nothing twice, and nothing late. */
export class ServerConnection {
  readonly #request: OpenSession;
  readonly #events: ConnectionEvents;
  readonly #over = new AbortController();
  #session: string | undefined;
  /** The current socket. */
  #talk: Talk | undefined;
  #wake: (() => void) | undefined;

  constructor(request: OpenSession, events: ConnectionEvents) {
    this.#request = request;
    this.#events = events;
    const { signal } = this.#over;
    addEventListener('online', () => this.retryNow(), { signal });
    addEventListener('offline', () => this.#talk?.drop(), { signal });
    void this.#stayConnected();
  }

  /** The session's id, once the server has told it. */
  get session(): string | undefined {
    return this.#session;
  }

  /** Sends a message. False when there is no connection. */
  send(message: PageMessage): boolean {
    return this.#talk?.send(message) ?? false;
  }

  /** Tries again now, where it waits for the next try. */
  retryNow(): void {
    this.#wake?.();
  }

  close(): void {
    this.#over.abort();
    this.#talk?.drop();
    this.#wake?.();
  }

  async #stayConnected(): Promise<void> {
    for (let failures = 0; !this.#over.signal.aborted; failures++) {
      let why = 'The connection to the server is lost.';
      let waitMs = backoff(failures);
      this.#tell({ name: 'connecting' });
      try {
        const ticket = await this.#ticket();
        if (typeof ticket !== 'string') return this.#tell({ name: 'crowded', ...ticket });
        const talk = await this.#converse(ticket);
        if (talk.code === closeCodes.ended) return this.#tell({ name: 'over', why: 'ended' });
        if (talk.code === closeCodes.protocol) return this.#tell({ name: 'over', why: 'outdated' });
        if (talk.welcomed) {
          failures = 0;
          waitMs = backoff(0);
        }
        if (talk.code === closeCodes.restarting) why = 'The server restarts.';
      } catch (error) {
        if (this.#over.signal.aborted) return;
        if (error instanceof ServerRefusal) {
          if (error.status === 410) return this.#tell({ name: 'over', why: 'ended' });
          if (error.status === 404 && this.#session) this.#session = undefined;
          else if (error.status < 500 && error.status !== 429) {
            return this.#tell({ name: 'refused', message: error.message });
          }
          why = error.message;
          waitMs = Math.max(waitMs, error.retryAfterMs ?? 0);
        } else {
          why = navigator.onLine ? 'The server does not answer.' : 'This computer has lost its network.';
        }
      }
      if (this.#over.signal.aborted) return;
      this.#tell({ name: 'waiting', retryAtMs: Date.now() + waitMs, why });
      await this.#wait(waitMs);
    }
  }

  /** A ticket for the session. Opens the session first where there is none yet. */
  async #ticket(): Promise<string | Crowded> {
    const signal = AbortSignal.any([this.#over.signal, AbortSignal.timeout(welcomeWithinMs)]);
    if (this.#session) return (await newTicket(this.#session, signal)).ticket;
    const opened = await openSession(this.#request, signal);
    if ('givesWay' in opened) return opened;
    this.#session = opened.session;
    return opened.ticket;
  }

  /** Opens a socket, and resolves when it has closed. Never throws. */
  #converse(ticket: string): Promise<TalkEnd> {
    const url = new URL(routes.socket.path, location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const { message, output } = this.#events;
    this.#talk = new Talk(url, ticket, { welcomed: () => this.#tell({ name: 'connected' }), message, output });
    return this.#talk.over;
  }

  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }

  #tell(state: ConnectionState): void {
    if (!this.#over.signal.aborted) this.#events.state(state);
  }
}

/** The wait before the next try: it doubles each time. Up to a fifth is added at random, so that a class does not come back all at once. */
function backoff(failures: number): number {
  return Math.min(firstRetryMs * 2 ** failures, longestRetryMs) * (1 + Math.random() / 5);
}
