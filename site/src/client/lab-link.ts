/** The page's one connection to its session, for every part that sends. Replaced when the lab is started anew. */
import type { OpenSession, PageMessage } from '@drydock/sandbox-server/protocol';
import { type ConnectionEvents, ServerConnection } from './server-connection.ts';

let connection: ServerConnection | undefined;

/** Connects to a session. Closes the connection that there was. */
export function connectTo(request: OpenSession, events: ConnectionEvents): void {
  connection?.close();
  connection = new ServerConnection(request, events);
}

export function disconnect(): void {
  connection?.close();
}

/** Sends a message. False when there is no connection: nothing is kept for later. */
export function send(message: PageMessage): boolean {
  return connection?.send(message) ?? false;
}

/** The session's id, once the server has told it. */
export function sessionId(): string | undefined {
  return connection?.session;
}

/** Tries to connect now, where the connection waits for the next try. */
export function retryNow(): void {
  connection?.retryNow();
}
