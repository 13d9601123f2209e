// What a page says to the server over its WebSocket, a line of doc each. Imports nothing, so that the site may import it whole;
// `messages.ts` has the schemas that the server parses it with.
//
// One WebSocket per page, for all terminals of the session. Text frames are one JSON message each. Binary frames go
// from server to page only: byte 0 is the channel (see `attached`), the rest is output, in order, nothing left out.
//
// A page counts the output bytes of each terminal that it was given: `attached.offset` plus all bytes since. After a
// drop it gets a ticket, says `hello` and `attach`es with `from` = that count: it gets exactly what it missed. A page
// that was reloaded has nothing on its screen and attaches from 0. Input is sent once and never again after a drop.

/** Raised when a page built for the other number would misread the messages; the page is told to reload then. */
export const protocolVersion = 1;

/** Acknowledge at the latest when this many more bytes have been parsed (xterm's `write` callback), and when idle. */
export const acknowledgeEveryBytes = 16 * 1024;
/** Unacknowledged bytes of a terminal above which the server holds its shell back (VS Code `HighWatermarkChars`). */
export const pauseAboveBytes = 100_000;
/** ... until no more than this many are left (VS Code `LowWatermarkChars`). */
export const resumeBelowBytes = 5_000;
/** The longest `input.data`, in UTF-16 units; longer pastes go in several messages. */
export const maxInputLength = 8 * 1024;
/** The longest title of a terminal. */
export const maxTitleLength = 32;
/** Copies of a lab that a student may have, and the longest title of one. */
export const maxKept = 3;
export const maxKeptTitleLength = 40;
export const maxRows = 500;
export const maxColumns = 500;

/** All that a page says. */
export type PageMessage =
  | Hello
  | OpenTerminal
  | Attach
  | Detach
  | Input
  | Acknowledge
  | Resize
  | Rename
  | Close
  | Reset
  | Keep
  | DropKept
  | WatchFiles
  | Ping;

/** The first message: `protocol` is `protocolVersion`, `ticket` from `openSession` or `ticket`. */
export interface Hello {
  readonly type: 'hello';
  readonly protocol: number;
  readonly ticket: string;
}
/** Starts one more shell; `opened` with the same `request` tells its id. The first one is there without asking. */
export interface OpenTerminal {
  readonly type: 'open';
  readonly request: number;
  /** The lab's name of the host to open it on; the first of `welcome.hosts` where left out. */
  readonly host?: string;
  /** 1 to 32 characters; default `Terminal 2`, or the host's name where the lab has several. */
  readonly title?: string;
  readonly rows: number;
  readonly columns: number;
}
/**
 * Asks for a terminal's output from the absolute byte `from` on, and resizes it; `attached` answers. May be asked before
 * the session is ready, and holds until `detach`: where a host was started anew, `attached` comes again by itself.
 */
export interface Attach {
  readonly type: 'attach';
  readonly terminal: string;
  readonly from: number;
  readonly rows: number;
  readonly columns: number;
}
/** No more output of this terminal, please. */
export interface Detach {
  readonly type: 'detach';
  readonly terminal: string;
}
/** Types. What xterm answers by itself while it replays (before `attached.live`) must not be sent. */
export interface Input {
  readonly type: 'input';
  readonly terminal: string;
  readonly data: string;
}
/** All output before the absolute byte `offset` has been parsed by the page's terminal. */
export interface Acknowledge {
  readonly type: 'ack';
  readonly terminal: string;
  readonly offset: number;
}
/** The page's terminal has this size now. */
export interface Resize {
  readonly type: 'resize';
  readonly terminal: string;
  readonly rows: number;
  readonly columns: number;
}
/** Gives a terminal another title (trimmed, 1 to 32 characters). */
export interface Rename {
  readonly type: 'rename';
  readonly terminal: string;
  readonly title: string;
}
/** Ends a terminal's shell and takes it off the list. */
export interface Close {
  readonly type: 'close';
  readonly terminal: string;
}
/**
 * Takes the whole lab back to a point of `resetPoints`: `start`, a task's id (its start), or a kept copy's id. Files,
 * containers and images are as they were then, on every host; terminals are opened anew; the tasks that were not done
 * then are open again. `session` tells `starting` with `why: 'reset'`, then `ready`.
 */
export interface Reset {
  readonly type: 'reset';
  readonly to: string;
}
/** Makes a copy of the lab as it is, to come back to: `resetPoints` has it then. Three at most; a fourth is refused. */
export interface Keep {
  readonly type: 'keep';
  /** 1 to 40 characters. */
  readonly title: string;
}
/** A kept copy is not needed any more. */
export interface DropKept {
  readonly type: 'dropKept';
  readonly id: string;
}
/** From now on (or no more) tell when files in a host's home change: `filesChanged`. */
export interface WatchFiles {
  readonly type: 'watchFiles';
  readonly host: string;
  readonly on: boolean;
}
/** Is the connection alive? `pong` answers. */
export interface Ping {
  readonly type: 'ping';
}
