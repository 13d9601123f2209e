/** The lab's terminals: opens, names and closes them, shows one or two at a time, and types commands into them for the student. */
import type { TerminalState } from '@drydock/sandbox-server/protocol';
import { batch } from '@preact/signals';
import { send } from './lab-link.ts';
import * as state from './lab-state.ts';
import { mostTerminals } from './limits.ts';
import { noScreens, Screens } from './screens.ts';
import { busy, type RunEvents } from './typist.ts';

let leaveTerminal: (key: KeyboardEvent) => void = () => {};
export const screens = new Screens({ send, leave: (key) => leaveTerminal(key), entered: select });

/** Where F6 leads out of a terminal. */
export function setLeave(leave: (key: KeyboardEvent) => void): void {
  leaveTerminal = leave;
}

/** What to do with a terminal once the server has opened it. */
interface Asked {
  readonly title?: string | undefined;
  readonly beside?: boolean;
  readonly run?: { readonly command: string; readonly events: RunEvents };
  /** The focus goes into it then. */
  readonly focus?: boolean;
}

let lastRequest = 0;
const asked = new Map<number, Asked>();

/** Opens a terminal on `host`, or on the lab's first host, and shows it. */
export function openTerminal(host?: string): void {
  ask(host, {});
}

/** Opens one of the lesson's own terminals, or shows it where it is open, and runs its command. */
export function openPreset(preset: state.TerminalPreset): void {
  const there = state.terminals.value.find(({ title, running }) => title === preset.title && running);
  if (there) selectTerminal(there.id);
  else ask(preset.host, { title: preset.title, ...runOf(preset), focus: true });
}

/** Shows a second terminal beside the current one, on the same host; or goes back to one. Both stay open. */
export function toggleSplit(): void {
  const current = state.currentTerminal.value;
  if (!current) return;
  if (state.shownTerminals.value.length > 1) show([current], current);
  else ask(state.hostOf(current), { beside: true });
}

/** Opens a new terminal in the place of one that has ended, on the same host. */
export function replaceTerminal({ id, host }: TerminalState): void {
  closeTerminal(id);
  ask(host, {}, state.terminals.value.length - 1);
}

/** Asks the server for a terminal. Answers with a sentence where that cannot be. `there` is how many there are. */
function ask(host: string | undefined, then: Asked, there = state.terminals.value.length): string | undefined {
  if (there >= mostTerminals) {
    const full = `There are ${mostTerminals} terminals already. Close one to open another.`;
    state.refusal.value = full;
    return full;
  }
  const request = ++lastRequest;
  if (!send({ type: 'open', request, ...(host ? { host } : {}), ...screens.sizeGuess })) return lost;
  asked.set(request, then);
  return undefined;
}

/** The server opened a terminal that this page had asked for. */
export function hearOpened(request: number, terminal: string): void {
  const then = asked.get(request);
  asked.delete(request);
  if (!then) return;
  if (then.title) renameTerminal(terminal, then.title);
  const current = state.currentTerminal.value;
  if (then.beside && current && current !== terminal) show([current, terminal], terminal);
  else selectTerminal(terminal);
  if (then.run) screens.runCommand(terminal, then.run.command, then.run.events);
  if (!then.run || then.focus) focusTerminal();
}

/** The server refused something. Without `terminal` it refused to open the terminal that was asked for first. */
export function hearRefused(terminal: string | null, why: string): void {
  if (terminal) {
    screens.of(terminal)?.refused(why);
    return;
  }
  const [first] = asked;
  if (!first) return;
  asked.delete(first[0]);
  first[1].run?.events.lost(why);
}

/** The connection is lost: requests that are not answered yet never will be. */
export function hearDropped(): void {
  loseAsked('The connection was lost before the terminal was there, so the command was not typed. Run it again.');
  screens.dropped();
}

function loseAsked(why: string): void {
  const all = [...asked.values()];
  asked.clear();
  for (const { run } of all) run?.events.lost(why);
}

/** The terminals as the server has them now. */
export function hearTerminals(list: readonly TerminalState[]): void {
  const known = new Set(list.map(({ id }) => id));
  screens.keep(known);
  const shown = state.shownTerminals.value.filter((id) => known.has(id));
  // A terminal on the host of the one that was current; at first, on the lab's first host.
  const host = state.hostOf(state.currentTerminal.value);
  const next = list.findLast((one) => one.host === host) ?? list.at(-1);
  if (shown.length === 0 && next) shown.push(next.id);
  const current = state.currentTerminal.value;
  batch(() => {
    state.terminals.value = list;
    state.shownTerminals.value = shown;
    state.currentTerminal.value = current && shown.includes(current) ? current : shown[0];
  });
  screens.show();
  for (const { id, running, exitCode } of list) if (!running) screens.of(id)?.shellEnded(exitCode ?? undefined);
}

/** Forgets all terminals: the lab has ended, or is started anew. */
export function forgetTerminals(): void {
  loseAsked('The lab ended before the terminal was there, so the command was not typed.');
  hearTerminals([]);
}

export function renameTerminal(terminal: string, title: string): void {
  send({ type: 'rename', terminal, title });
}

export function closeTerminal(terminal: string): void {
  send({ type: 'close', terminal });
}

/** Shows a terminal in the place of the current one, unless it is shown already. */
export function selectTerminal(id: string): void {
  state.place.value = 'terminal';
  select(id);
}

function select(id: string): void {
  const shown = state.shownTerminals.value;
  const current = state.currentTerminal.value;
  if (shown.includes(id)) show(shown, id);
  else show(shown.length > 1 ? shown.map((one) => (one === current ? id : one)) : [id], id);
}

function show(shown: readonly string[], current: string): void {
  batch(() => {
    state.shownTerminals.value = shown;
    state.currentTerminal.value = current;
  });
  screens.show();
}

/** Moves the focus into the current terminal; and into the one that was asked for, once it is there. */
export function focusTerminal(): void {
  const last = asked.get(lastRequest);
  if (last) asked.set(lastRequest, { ...last, focus: true });
  screens.current?.focus();
}

export function setScreenReader(on: boolean): void {
  state.screenReader.value = on;
  screens.setScreenReader(on);
}

/** Where a command of the text is to be typed: in the current terminal where nothing is said. */
export interface RunPlace {
  /** The title of a terminal. */
  readonly terminal?: string;
  /** The lab's name of a host. */
  readonly host?: string;
}

/**
 * Types a command into a terminal as soon as its shell is at a prompt. Opens the terminal first where the lab has no such one.
 * Answers with a sentence where it cannot do that, else with `undefined`; `events` tell the rest, later.
 */
export function runCommand(command: string, events: RunEvents, where: RunPlace = {}): string | undefined {
  if (!state.canType.value) return 'The terminal is not ready yet. Try again in a moment.';
  if (state.isBroken.value) return noScreens;
  const terminal = terminalFor(where);
  if (!terminal) {
    const preset = state.presets.value.find(({ title }) => title === where.terminal);
    return ask(where.host ?? preset?.host, { title: where.terminal, run: { command, events } });
  }
  selectTerminal(terminal.id);
  if (!terminal.running) return 'This terminal’s shell has ended. Open another one with +.';
  if (screens.of(terminal.id)?.shell === 'running') return busy;
  screens.runCommand(terminal.id, command, events);
  return undefined;
}

const lost = 'The connection is lost, so the command was not typed. Try again in a moment.';

/**
 * The terminal that a command is typed into: the current one if it fits, else the first that fits. The lesson's own terminals, such
 * as a virtual machine's console, are only for commands that name them.
 */
function terminalFor({ terminal, host }: RunPlace): TerminalState | undefined {
  const isPreset = (title: string) => state.presets.value.some((preset) => preset.title === title);
  const fit = state.terminals.value.filter(
    (one) =>
      (terminal === undefined ? !isPreset(one.title) : one.title === terminal) &&
      (host === undefined || one.host === host),
  );
  const current = fit.find(({ id }) => id === state.currentTerminal.value);
  return current ?? fit.find(({ running }) => running) ?? fit[0];
}

function runOf({ run }: state.TerminalPreset): Pick<Asked, 'run'> {
  return run ? { run: { command: run, events: { started: () => {}, ended: () => {}, lost: () => {} } } } : {};
}
