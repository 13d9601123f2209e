/** The page's one connection to its session, for all who send. Replaced when the lab is started anew. */
import type { OpenSession, PageMessage } from '@drydock/sandbox-server/protocol';
import { type ConnectionEvents, ServerConnection } from './server-connection.ts';

let connection: ServerConnection | undefined;

/** Leaves the connection that there was, if any. */
export function connectTo(request: OpenSession, events: ConnectionEvents): void {
  connection?.close();
  connection = new ServerConnection(request, events);
}

export function disconnect(): void {
  connection?.close();
}

/** Sends, or says false when there is no connection: nothing is kept for later. */
export function send(message: PageMessage): boolean {
  return connection?.send(message) ?? false;
}

/** The session's id, once the server has told it. */
export function sessionId(): string | undefined {
  return connection?.session;
}

/** Does not wait any longer for the next try to connect. */
export function retryNow(): void {
  connection?.retryNow();
}
