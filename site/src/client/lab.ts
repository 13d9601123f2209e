/** The lab of this page: one session. Turns the server's messages into the lab's state. */
import type { ServerMessage } from '@drydock/sandbox-server/protocol';
import { batch, effect } from '@preact/signals';
import { forgetViews, hearBuilds, hearRegistries, hearView } from '../components/engine-view/views.ts';
import { endSession, ServerRefusal } from './api.ts';
import { isFocusLost } from './focus.ts';
import { connectTo, disconnect, send, sessionId } from './lab-link.ts';
import * as state from './lab-state.ts';
import { parameters } from './parameters.ts';
import { openPreviews } from './previews.ts';
import type { ConnectionState } from './server-connection.ts';
import {
  focusTerminal,
  forgetTerminals,
  hearDropped,
  hearOpened,
  hearRefused,
  hearTerminals,
  screens,
  setLeave,
} from './terminals.ts';

export { retryNow, sessionId } from './lab-link.ts';
export { focusTerminal, type RunPlace, runCommand } from './terminals.ts';

let lesson = '';
/** What the connection has told before `hearLab`; undefined afterwards. */
let unheard: (() => void)[] | undefined = [];
/** Called when files of a host's home have changed, by the lab's name of the host. */
const fileListeners = new Set<(host: string) => void>();

/** Calls `listener` when files change, until the returned function is called. The server tells only while `watchFiles` is on. */
export function onFilesChanged(listener: (host: string) => void): () => void {
  fileListeners.add(listener);
  return () => fileListeners.delete(listener);
}

/** Starts the lab of a lesson. `leave` moves the focus out of the terminal. Once per page. */
export function startLab(id: string, leave: (key: KeyboardEvent) => void): void {
  lesson = id;
  setLeave(leave);
  connect(true);
  whenInSight(document.getElementById('lab'), () => {
    screens.load().catch(() => {
      state.isBroken.value = true;
      screens.failed();
    });
  });
}

/**
 * Takes up what the server has told so far, and follows it from now on. To be called after the page's live parts are there: they
 * start in the state that the page was built with, and would miss what was told before.
 */
export function hearLab(): void {
  const before = unheard ?? [];
  unheard = undefined;
  for (const hear of before) hear();
}

function inTurn(heard: () => void): void {
  if (unheard) unheard.push(heard);
  else heard();
}

/** Loads xterm at once; on a narrow page, which shows the text first, only when the element is shown. A phone may never need it. */
function whenInSight(element: HTMLElement | null, go: () => void): void {
  if (!element || element.checkVisibility()) {
    go();
    return;
  }
  const observer = new ResizeObserver(() => {
    if (!element.checkVisibility()) return;
    observer.disconnect();
    go();
  });
  observer.observe(element);
}

/** Tells where screens are drawn: an element that fills the terminal's place. */
export function setStage(element: HTMLElement): void {
  screens.setStage(element);
}

/**
 * Opens the session anew, after it has ended or failed. `ask`: where another lab of the student would be put away for it, the student
 * is asked first.
 */
export function startAgain(ask = true): void {
  disconnect();
  forgetTerminals();
  batch(() => {
    state.phase.value = { name: 'opening' };
    state.engine.value = 'up';
    forgetViews();
    state.resetPoints.value = undefined;
    state.place.value = 'terminal';
    openPreviews.value = [];
    state.notice.value = undefined;
    state.refusal.value = undefined;
  });
  connect(ask);
  focusWhenBack();
}

/** Moves the focus, where the button that started the lab had it and is gone. A focus elsewhere stays where it is. */
function focusWhenBack(): void {
  const stop = effect(() => {
    const { name } = state.phase.value;
    const isBack = name === 'ready' && state.currentTerminal.value !== undefined;
    const isOver = name === 'ended' || name === 'failed' || name === 'crowded' || name === 'outdated';
    if (isBack || isOver) queueMicrotask(() => stop());
    if (isBack) requestAnimationFrame(() => isFocusLost() && focusTerminal());
  });
}

/** Removes the host with all that is in it, and starts with a new one. Tasks that are done stay done. */
export async function startOver(): Promise<void> {
  const session = sessionId();
  disconnect();
  state.phase.value = { name: 'opening' };
  try {
    if (session) await endSession(session);
  } catch (error) {
    // The lab has ended already, perhaps in another tab. That is what was asked for.
    if (error instanceof ServerRefusal && error.status === 404) return startAgain();
    end({ name: 'failed', message: error instanceof Error ? error.message : String(error) });
    return;
  }
  startAgain();
}

/** Resets the whole lab to a point of `resetPoints`. False when there is no connection. */
export function resetTo(point: string): boolean {
  return send({ type: 'reset', to: point });
}

/** Keeps a copy of the lab as it is. False when there is no connection. */
export function keepCopy(title: string): boolean {
  return send({ type: 'keep', title });
}

/** Removes a copy. False when there is no connection. */
export function dropCopy(id: string): boolean {
  return send({ type: 'dropKept', id });
}

export function followTheme(): void {
  screens.followTheme();
}

function connect(ask: boolean): void {
  connectTo(
    { lesson, ...screens.sizeGuess, ask },
    {
      message: (message) => inTurn(() => hear(message)),
      output: (channel, bytes) => inTurn(() => screens.output(channel, bytes)),
      state: (heard) => inTurn(() => hearConnection(heard)),
    },
  );
}

function hearConnection(heard: ConnectionState): void {
  if (heard.name !== 'connected') hearDropped();
  if (heard.name === 'crowded') end(heard);
  else if (heard.name === 'refused') end({ name: 'failed', message: heard.message });
  else if (heard.name === 'over') {
    if (heard.why === 'outdated') end({ name: 'outdated' });
    else if (state.phase.value.name !== 'ended') end({ name: 'ended', reason: 'idle' });
  } else state.link.value = heard;
}

/** This page's session is over. */
function end(phase: state.LabPhase): void {
  state.phase.value = phase;
  forgetTerminals();
}

function hear(message: ServerMessage): void {
  switch (message.type) {
    case 'welcome':
      batch(() => {
        state.idleMinutes.value = message.idleMinutes;
        state.hosts.value = message.hosts;
        parameters.value = new Map(Object.entries(message.parameters));
      });
      screens.attachAll();
      return;
    case 'parameters':
      parameters.value = new Map(Object.entries(message.parameters));
      return;
    case 'session':
      if (message.phase === 'ended' || message.phase === 'failed') end(phaseOf(message));
      else state.phase.value = phaseOf(message);
      return;
    case 'terminals':
      hearTerminals(message.terminals);
      return;
    case 'opened':
      hearOpened(message.request, message.terminal);
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
    case 'draining':
      state.draining.value = message.on ? { at: message.at === null ? undefined : new Date(message.at) } : undefined;
      return;
    case 'view':
      hearView(message);
      return;
    case 'registries':
      hearRegistries(message);
      return;
    case 'builds':
      hearBuilds(message);
      return;
    case 'resetPoints':
      state.resetPoints.value = message;
      return;
    case 'filesChanged':
      for (const listener of fileListeners) listener(message.host);
      return;
    case 'refused':
      // A terminal that was closed elsewhere goes with the next `terminals`; there is nothing to tell.
      if (message.of === 'attach') return;
      state.refusal.value = message.message;
      if (message.of === 'input' || message.of === 'open') hearRefused(message.terminal, message.message);
      return;
    case 'pong':
  }
}

function phaseOf(message: Extract<ServerMessage, { type: 'session' }>): state.LabPhase {
  switch (message.phase) {
    case 'queued':
      return { name: 'queued', place: message.place };
    case 'starting':
      return { name: 'starting', why: message.why, step: message.step };
    case 'ready':
      return { name: 'ready' };
    case 'ended':
      return { name: 'ended', reason: message.reason, yielded: message.yielded };
    case 'failed':
      return { name: 'failed', message: message.message };
  }
}
