/** What is known of the lab, as signals. Only lab.ts writes them; what is drawn reads them. */
import type { ResetPoints, TaskState, TerminalState, View } from '@drydock/sandbox-server/protocol';
import { computed, signal } from '@preact/signals';

export type LabPhase =
  /** The server is asked for a session. */
  | { readonly name: 'opening' }
  | { readonly name: 'queued'; readonly place: number }
  | { readonly name: 'starting' }
  | { readonly name: 'ready' }
  | { readonly name: 'ended'; readonly reason: 'idle' | 'request' | 'replaced' | 'left' }
  | { readonly name: 'failed'; readonly message: string }
  /** The page is of another version than the server. */
  | { readonly name: 'outdated' };

export type LinkState =
  | { readonly name: 'connected' }
  | { readonly name: 'connecting' }
  | { readonly name: 'waiting'; readonly retryAtMs: number; readonly why: string };

/** Something to answer yes or no to, above the terminal. */
export interface Notice {
  readonly title: string;
  /** Shown as it is, in the terminal's face. */
  readonly detail: string;
  readonly yes: string;
  readonly go: () => void;
}

export const phase = signal<LabPhase>({ name: 'opening' });
export const link = signal<LinkState>({ name: 'connecting' });
export const engine = signal<'up' | 'away'>('up');
export const tasks = signal<readonly TaskState[]>([]);
/** What each task of the page wants, in a sentence for people; backticks mean code. */
export const goals = signal<ReadonlyMap<string, string>>(new Map());
export const terminals = signal<readonly TerminalState[]>([]);
export const currentTerminal = signal<string | undefined>(undefined);
/** What Docker has on each host of the lab, by the lab's name of the host. A host that has told nothing yet is missing. */
export const views = signal<ReadonlyMap<string, View>>(new Map());
/** Where the lab can be taken back to; undefined until the server has told. */
export const resetPoints = signal<ResetPoints | undefined>(undefined);
export const notice = signal<Notice | undefined>(undefined);
/** What the server would not do, in its sentence. */
export const refusal = signal<string | undefined>(undefined);
export const idleMinutes = signal<number | undefined>(undefined);
export const screenReader = signal(false);
/** Ids of the tasks that the student had done for them in this browser. */
export const helped = signal<ReadonlySet<string>>(new Set());
/** The last thing that a screen reader is told. */
export const announcement = signal('');

/** A shell can be typed into. */
export const canType = computed(() => phase.value.name === 'ready' && link.value.name === 'connected');

export type TaskLook = 'to-come' | 'now' | 'done' | 'done-for-you';

/** The first task that is not done, if there is one. */
export const taskNow = computed(() => tasks.value.find((task) => !task.done));

export function lookOf(id: string): TaskLook {
  const task = tasks.value.find((one) => one.id === id);
  if (task?.done) return helped.value.has(id) ? 'done-for-you' : 'done';
  return taskNow.value?.id === id ? 'now' : 'to-come';
}
