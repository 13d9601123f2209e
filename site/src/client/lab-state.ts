/** What is known of the lab, as signals. Only lab.ts writes them; what is drawn reads them. */
import type { Crowded, ResetPoints, TaskState, TerminalState } from '@drydock/sandbox-server/protocol';
import { computed, signal } from '@preact/signals';

export type LabPhase =
  /** The server is asked for a session. */
  | { readonly name: 'opening' }
  | { readonly name: 'queued'; readonly place: number }
  /** `reset`: the lab goes back to an earlier point. `return`: it was put away and comes back. `step`: what it waits for. */
  | {
      readonly name: 'starting';
      readonly why?: 'reset' | 'return' | undefined;
      readonly step?: string | undefined;
    }
  | { readonly name: 'ready' }
  | {
      readonly name: 'ended';
      readonly reason: 'idle' | 'request' | 'replaced' | 'left' | 'crowded' | 'operator';
      readonly yielded?: boolean | undefined;
    }
  /** The student is asked whether the labs of these lessons may be put away for this one. */
  | ({ readonly name: 'crowded' } & Crowded)
  | { readonly name: 'failed'; readonly message: string }
  /** The page is of another version than the server. */
  | { readonly name: 'outdated' };

export type LinkState =
  | { readonly name: 'connected' }
  | { readonly name: 'connecting' }
  | { readonly name: 'waiting'; readonly retryAtMs: number; readonly why: string };

/** A question above the terminal, to be answered with yes or no. */
export interface Notice {
  readonly title: string;
  /** Shown as plain text, in the terminal's typeface. */
  readonly detail: string;
  readonly yes: string;
  readonly go: () => void;
}

export const phase = signal<LabPhase>({ name: 'opening' });
export const link = signal<LinkState>({ name: 'connecting' });
/** xterm could not be loaded, so the page has no terminals until it is reloaded. The lab itself goes on. */
export const isBroken = signal(false);
export const engine = signal<'up' | 'away'>('up');
/** Drydock is taken down soon, at this time where it is known. Undefined while Drydock is not taken down. */
export const draining = signal<{ readonly at: Date | undefined } | undefined>(undefined);
export const tasks = signal<readonly TaskState[]>([]);
/** What each task of the page wants, in a sentence for people; backticks mean code. */
export const goals = signal<ReadonlyMap<string, string>>(new Map());
/** Ids of the page's optional tasks: the lesson is done without them. */
export const optionalTasks = signal<ReadonlySet<string>>(new Set());
export const terminals = signal<readonly TerminalState[]>([]);
export const currentTerminal = signal<string | undefined>(undefined);
/** The points that the lab can be reset to; undefined until the server has told. */
export const resetPoints = signal<ResetPoints | undefined>(undefined);
/** What the lab's place shows: the shown terminals, the editor, what the lab has on the hub, or a page: `preview:HOST:PORT`. */
export type Place = 'terminal' | 'editor' | 'hub' | `preview:${string}`;
export const place = signal<Place>('terminal');
/** Ids of the terminals side by side: one, or two; `currentTerminal` is among them. */
export const shownTerminals = signal<readonly string[]>([]);
/** The lab's names of its hosts, the first one first. */
export const hosts = signal<readonly string[]>(['docker-host']);
/** A terminal of the lesson's own: it is opened when the student asks, and runs its command. */
export interface TerminalPreset {
  readonly title: string;
  readonly host?: string | undefined;
  readonly run?: string | undefined;
}
/** From the lesson, not from the server. */
export const presets = signal<readonly TerminalPreset[]>([]);
/** How often the search in the scrollback was asked for since it was closed; 0 while it is closed. */
export const searching = signal(0);
/** The next key of the keyboard is typed with Ctrl (touch row). */
export const controlHeld = signal(false);
export const notice = signal<Notice | undefined>(undefined);
/** The server's sentence about what it refused. */
export const refusal = signal<string | undefined>(undefined);
export const idleMinutes = signal<number | undefined>(undefined);
export const screenReader = signal(false);
/** Ids of the tasks that this browser remembers as done. Used until the server has told `tasks`. */
export const doneBefore = signal<ReadonlySet<string>>(new Set());
/** Ids of the tasks that were done for the student ("Do it for me") in this browser. */
export const helped = signal<ReadonlySet<string>>(new Set());
/** The last thing that a screen reader is told. */
export const announcement = signal('');

/** A shell can be typed into. */
export const canType = computed(() => phase.value.name === 'ready' && link.value.name === 'connected');

/** The lab's name of the host that a terminal is on; the first one where it is not known. */
export function hostOf(terminal: string | undefined): string {
  return terminals.value.find(({ id }) => id === terminal)?.host ?? hosts.value[0] ?? '';
}

export type TaskLook = 'to-come' | 'now' | 'done' | 'done-for-you';

/** The tasks that are not optional. */
export const neededTasks = computed(() => tasks.value.filter(({ id }) => !optionalTasks.value.has(id)));

/** The first task that is not done, if there is one. Optional tasks come last. */
export const taskNow = computed(() => tasks.value.find((task) => !task.done));

export function lookOf(id: string): TaskLook {
  const task = tasks.value.find((one) => one.id === id);
  if (task ? task.done : doneBefore.value.has(id)) return helped.value.has(id) ? 'done-for-you' : 'done';
  return taskNow.value?.id === id ? 'now' : 'to-come';
}
