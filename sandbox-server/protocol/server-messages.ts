// What the server says to a page over its WebSocket, a line of doc each. Imports types alone, so that the site may import it whole.

import type { BuildsView } from './builds.ts';
import type { PageMessage } from './page-messages.ts';
import type { RegistriesView } from './registries.ts';
import type { View } from './view.ts';

/** All that the server says. All but `attached`, `opened`, `refused` and `pong` tell a whole state, so hearing one twice is no harm. */
export type ServerMessage =
  | Welcome
  | ParametersTold
  | SessionState
  | Terminals
  | Opened
  | Attached
  | Tasks
  | EngineState
  | Draining
  | ResetPoints
  | View
  | RegistriesView
  | BuildsView
  | FilesChanged
  | Refused
  | Pong;

/** Answers `hello`; `session`, `engine`, `terminals`, `tasks` and `resetPoints` follow at once. */
export interface Welcome {
  readonly type: 'welcome';
  readonly session: string;
  readonly lesson: string;
  /** The lab's names of its hosts, the first one first. */
  readonly hosts: readonly string[];
  /**
   * What `{{name}}` stands for in this student's lab, by name; the same for as long as the session is kept. Those of the lab's
   * namespaces on the hub are known once it has hosts.
   */
  readonly parameters: Readonly<Record<string, string>>;
  /** Minutes without a page open, or four times as long without typing, after which the lab is put away as it is. */
  readonly idleMinutes: number;
  /** Days without a page open after which a lab that was put away ends. */
  readonly keepDays: number;
}

/** As in `welcome`, with those that are known by now. Told before the phase `ready`. */
export interface ParametersTold {
  readonly type: 'parameters';
  readonly parameters: Readonly<Record<string, string>>;
}

export type SessionPhase =
  /** The machine is full: `place` 1 is next. Also heard by a lab that was put away and finds no room to come back to. */
  | { readonly phase: 'queued'; readonly place: number }
  /**
   * `return`: it was put away, and comes back as it was. Without `why` it is made, or its host had stopped. `step`: it waits
   * for an image that the machine makes on its first use; which, and how far it is: `nginx:latest: installing 24 packages`.
   */
  | { readonly phase: 'starting'; readonly why?: 'reset' | 'return'; readonly step?: string }
  /** Heard again after each `starting`. */
  | { readonly phase: 'ready' }
  /** It could not be started; a sentence says why. `openSession` tries again. */
  | { readonly phase: 'failed'; readonly message: string }
  /**
   * Its hosts are gone; `openSession` starts anew. The socket closes after this. `left`: nobody typed for long, so it was
   * put away as it is, and `openSession` brings it back. `yielded`: it was put away so soon because others waited.
   * `crowded`: put away in the same way, because the student opened more labs than may be open at once.
   */
  | {
      readonly phase: 'ended';
      readonly reason: 'idle' | 'request' | 'replaced' | 'left' | 'crowded' | 'operator';
      readonly yielded?: boolean;
    };

/** How the session is; told whenever it changes. */
export type SessionState = { readonly type: 'session' } & SessionPhase;

export interface TerminalState {
  /** `t1`, `t2`, … ; unique in the session, whatever host it is on. */
  readonly id: string;
  /** The lab's name of the host that it is on. */
  readonly host: string;
  readonly title: string;
  /** False when its shell has exited; `close` it, and `open` another. */
  readonly running: boolean;
  readonly exitCode: number | null;
}
/** All terminals of the session, in the order of their tabs; told whenever one changes. */
export interface Terminals {
  readonly type: 'terminals';
  readonly terminals: readonly TerminalState[];
}
/** The terminal that `open` asked for. */
export interface Opened {
  readonly type: 'opened';
  readonly request: number;
  readonly terminal: string;
}
/** Output of `terminal` comes in binary frames with this channel byte from now on, starting at absolute byte `offset`. */
export interface Attached {
  readonly type: 'attached';
  readonly terminal: string;
  readonly channel: number;
  readonly offset: number;
  /**
   * Older output than `offset` was asked for but is gone: reset the screen and say so. It may also come later without
   * being asked for, when a page fell so far behind that what it had not got is gone.
   */
  readonly gone: boolean;
  /** Where older output is gone: what to write first, so that the modes are those that hold at `offset`. */
  readonly restore?: string;
  /** Where replay ends: bytes before it are old, and xterm's answers to them are not to be sent. */
  readonly live: number;
}

export interface TaskState {
  readonly id: string;
  readonly done: boolean;
  /** What the task wants, as a fact: `A container named "web", from the image nginx, running.` */
  readonly expected: string;
  /** What there is instead, with the likely slip; empty when the task is done or when there is nothing to say yet. */
  readonly found: string;
}
/** All tasks of the lesson in order; told whenever one changes. A task that is done stays done until a `reset` opens it. */
export interface Tasks {
  readonly type: 'tasks';
  readonly tasks: readonly TaskState[];
}
/** Whether the engine answers; while it is away shells and containers go on, and come back by themselves. */
export interface EngineState {
  readonly type: 'engine';
  readonly state: 'up' | 'away';
}
/** The operator takes Drydock down soon; told when a page comes, and whenever it changes. */
export interface Draining {
  readonly type: 'draining';
  /** Labs go on meanwhile, and new ones are refused. */
  readonly on: boolean;
  /** RFC 3339; null where the operator did not say when. */
  readonly at: string | null;
}
/** Where the lab can be taken back to; told whenever it changes. */
export interface ResetPoints {
  readonly type: 'resetPoints';
  /** `start` first, then the tasks whose start has been reached in this lab, in order. */
  readonly points: readonly string[];
  /** Copies that the student made, newest first. */
  readonly kept: readonly { readonly id: string; readonly title: string; readonly atMs: number }[];
}
/** Something changed in the files of a watched host's home: ask again for what is shown. */
export interface FilesChanged {
  readonly type: 'filesChanged';
  readonly host: string;
}

/** A message could not be done (`of` is its type); a sentence says why and what next. */
export interface Refused {
  readonly type: 'refused';
  readonly of: PageMessage['type'];
  readonly terminal: string | null;
  readonly message: string;
}
export interface Pong {
  readonly type: 'pong';
}

/** Why the server closed the socket; other codes mean a lost connection: get a ticket and come back. */
export const closeCodes = {
  /** The session has ended: do not come back, offer to start again. */
  ended: 4000,
  /** The ticket was used, too old or not this student's: get a new one. */
  ticket: 4001,
  /** The page was built for another protocol: reload it. */
  protocol: 4002,
  /** The page sent what no page sends, or far too much of it. */
  policy: 1008,
  /** A message was larger than 64 KiB. */
  tooLarge: 1009,
  /** The server goes down or restarts: come back in a moment. */
  restarting: 1012,
} as const;
