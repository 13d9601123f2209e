/** The lab of this page: one session, its terminals and tasks. Turns the server's messages into the lab's state. */
import type { PageMessage, ServerMessage } from '@drydock/sandbox-server/protocol';
import { batch } from '@preact/signals';
import { endSession } from './api.ts';
import { Connection, type ConnectionState } from './connection.ts';
import * as state from './lab-state.ts';
import { mostTerminals } from './limits.ts';
import { Screens } from './screens.ts';
import type { RunEvents } from './terminal.ts';

let lesson = '';
let connection: Connection | undefined;
let leaveTerminal: (backwards: boolean) => void = () => {};
let lastRequest = 0;
/** Asked when files of a host's home have changed, by the lab's name of the host. */
const fileListeners = new Set<(host: string) => void>();
const screens = new Screens({ send, leave: (backwards) => leaveTerminal(backwards) });

/** Tells of changed files until the function that it gives is called. The server tells only while `watchFiles` is on. */
export function onFilesChanged(listener: (host: string) => void): () => void {
  fileListeners.add(listener);
  return () => fileListeners.delete(listener);
}

/** Starts the lab of a lesson. `leave` moves the focus out of the terminal. Once per page. */
export function startLab(id: string, leave: (backwards: boolean) => void): void {
  lesson = id;
  leaveTerminal = leave;
  connect();
  screens.load().catch(() => {
    const message = 'A part of this page could not be loaded, so there is no terminal. Reload the page.';
    state.phase.value = { name: 'failed', message };
  });
}

/** Tells where screens are drawn: an element that fills the terminal's place. */
export function setStage(element: HTMLElement): void {
  screens.setStage(element);
}

/** Leaves what there was and opens the session anew: after it has ended or failed. */
export function startAgain(): void {
  connection?.close();
  screens.keep(new Set());
  batch(() => {
    state.phase.value = { name: 'opening' };
    state.engine.value = 'up';
    state.terminals.value = [];
    state.views.value = new Map();
    state.resetPoints.value = undefined;
    state.currentTerminal.value = undefined;
    state.notice.value = undefined;
    state.refusal.value = undefined;
  });
  connect();
}

/** Removes the host with all that is in it, and starts with a new one. Tasks that are done stay done. */
export async function startOver(): Promise<void> {
  const session = connection?.session;
  connection?.close();
  state.phase.value = { name: 'opening' };
  try {
    if (session) await endSession(session);
  } catch (error) {
    state.phase.value = { name: 'failed', message: error instanceof Error ? error.message : String(error) };
    return;
  }
  startAgain();
}

/** Takes the whole lab back to a point of `resetPoints`. False when there is no connection. */
export function resetTo(point: string): boolean {
  return send({ type: 'reset', to: point });
}

/** Makes a copy of the lab as it is. False when there is no connection. */
export function keepCopy(title: string): boolean {
  return send({ type: 'keep', title });
}

/** Gives up a copy. False when there is no connection. */
export function dropCopy(id: string): boolean {
  return send({ type: 'dropKept', id });
}

/** The session's id, once the server has told it. */
export function sessionId(): string | undefined {
  return connection?.session;
}

export function retryNow(): void {
  connection?.retryNow();
}

export function openTerminal(): void {
  if (state.terminals.value.length >= mostTerminals) {
    state.refusal.value = `There are ${mostTerminals} terminals already. Close one to open another.`;
    return;
  }
  send({ type: 'open', request: ++lastRequest, ...screens.sizeGuess });
}

export function renameTerminal(terminal: string, title: string): void {
  send({ type: 'rename', terminal, title });
}

export function closeTerminal(terminal: string): void {
  send({ type: 'close', terminal });
}

export function selectTerminal(id: string): void {
  state.currentTerminal.value = id;
  screens.show();
}

export function focusTerminal(): void {
  screens.current?.focus();
}

export function setScreenReader(on: boolean): void {
  state.screenReader.value = on;
  screens.setScreenReader(on);
}

export function followTheme(): void {
  screens.followTheme();
}

/** Types a command into the current terminal. Answers with a sentence when it cannot, and `undefined` when it did. */
export function runCommand(command: string, events: RunEvents): string | undefined {
  const view = screens.current;
  const terminal = state.terminals.value.find((one) => one.id === state.currentTerminal.value);
  if (!state.canType.value || !view || !terminal) return 'The terminal is not ready yet. Try again in a moment.';
  if (!terminal.running) return 'This terminal’s shell has ended. Open another one with +.';
  if (view.shell === 'running') {
    return 'The terminal is busy with another command. End that one first (Ctrl+C, or exit in a container), or open another terminal with +.';
  }
  if (!view.run(command, events)) return 'The connection is lost, so the command was not typed. Try again in a moment.';
  return undefined;
}

function connect(): void {
  connection = new Connection(
    { lesson, ...screens.sizeGuess },
    { message: hear, output: (channel, bytes) => screens.output(channel, bytes), state: hearConnection },
  );
}

function send(message: PageMessage): boolean {
  return connection?.send(message) ?? false;
}

function hearConnection(heard: ConnectionState): void {
  if (heard.name === 'refused') state.phase.value = { name: 'failed', message: heard.message };
  else if (heard.name === 'over') {
    if (heard.why === 'outdated') state.phase.value = { name: 'outdated' };
    else if (state.phase.value.name !== 'ended') state.phase.value = { name: 'ended', reason: 'idle' };
  } else state.link.value = heard;
}

function hear(message: ServerMessage): void {
  switch (message.type) {
    case 'welcome':
      state.idleMinutes.value = message.idleMinutes;
      screens.attachAll();
      return;
    case 'session':
      state.phase.value = phaseOf(message);
      return;
    case 'terminals':
      hearTerminals(message.terminals);
      return;
    case 'opened':
      if (message.request !== lastRequest) return;
      selectTerminal(message.terminal);
      focusTerminal();
      return;
    case 'attached':
      screens.attached(message);
      return;
    case 'tasks':
      state.tasks.value = message.tasks;
      return;
    case 'engine':
      state.engine.value = message.state;
      return;
    case 'view':
      state.views.value = new Map([...state.views.value, [message.host, message]]);
      return;
    case 'resetPoints':
      state.resetPoints.value = message;
      return;
    case 'filesChanged':
      for (const listener of fileListeners) listener(message.host);
      return;
    case 'refused':
      // A terminal that was closed elsewhere goes with the next `terminals`; there is nothing to tell.
      if (message.of !== 'attach') state.refusal.value = message.message;
      return;
    case 'pong':
  }
}

function phaseOf(message: Extract<ServerMessage, { type: 'session' }>): state.LabPhase {
  switch (message.phase) {
    case 'queued':
      return { name: 'queued', place: message.place };
    case 'ended':
      return { name: 'ended', reason: message.reason };
    case 'failed':
      return { name: 'failed', message: message.message };
    default:
      return { name: message.phase };
  }
}

function hearTerminals(list: typeof state.terminals.value): void {
  const known = new Set(list.map(({ id }) => id));
  screens.keep(known);
  const current = state.currentTerminal.value;
  batch(() => {
    state.terminals.value = list;
    if (!current || !known.has(current)) state.currentTerminal.value = list.at(-1)?.id;
  });
  screens.show();
}
