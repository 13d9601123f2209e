// Every HTTP route and socket message between the site and the server, a line of doc each. Imports nothing, so that the
// site may import it whole; `messages.ts` has the schemas that the server parses what it receives with.

/** Raised when a page built for the other number would misread the messages; the page is told to reload then. */
export const protocolVersion = 1;

// --- HTTP -----------------------------------------------------------------------------------------------------------
// JSON in, JSON out, always with `content-type: application/json`. Unsafe methods need same-origin `fetch` (Origin and
// Sec-Fetch-Site are checked). Failures are `Failure` with the HTTP status; 429 and 503 carry Retry-After in seconds.

/**
 * Who may call a route: anyone, whoever has a student's cookie, only the student whose session it is, or who runs this Drydock.
 * Where there is a code (DRYDOCK_INVITE), all but `health`, `metrics` and the invite answer 403 to who has not shown it.
 */
export type Access = 'anyone' | 'student' | 'owner' | 'operator';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly access: Access;
}

export const routes = {
  /** Is the server there, and can labs start? `Health`; always 200. */
  health: { method: 'GET', path: '/healthz', access: 'anyone' },
  /** What is measured, for Prometheus: this machine's own, or with the token of DRYDOCK_METRICS_TOKEN; else 404. */
  metrics: { method: 'GET', path: '/metrics', access: 'operator' },
  /** The form for the operator's code; `?code=` is a link that opens the site: 303 with a cookie. */
  inviteForm: { method: 'GET', path: '/invite', access: 'anyone' },
  /** What the form sends, as a form: `code=` -> 303 with a cookie, or the form again with 403 or 429. */
  invite: { method: 'POST', path: '/invite', access: 'anyone' },
  /** Opens (or finds again) this student's session of a lesson: `OpenSession` -> `OpenedSession`, or `Crowded`. Sets the cookie. */
  openSession: { method: 'POST', path: '/api/sessions', access: 'anyone' },
  /** A new ticket for a session that one has, to connect again: nothing -> `Ticket`. 404 when the session has ended. */
  ticket: { method: 'POST', path: '/api/sessions/:session/ticket', access: 'owner' },
  /** Ends a session: its host with all that is in it is removed. 204, or 404 when it had ended. */
  endSession: { method: 'DELETE', path: '/api/sessions/:session', access: 'owner' },
  /** What this browser's student has done so far: `Progress`; empty for who has no cookie. */
  progress: { method: 'GET', path: '/api/progress', access: 'anyone' },
  /** Keeps which answer a student chose: `QuizAnswer` -> 204. */
  quizAnswer: { method: 'PUT', path: '/api/progress/quiz', access: 'student' },
  /** An address of a published port's page, on an origin of its own: `OpenPreview` -> `OpenedPreview`. */
  openPreview: { method: 'POST', path: '/api/sessions/:session/previews', access: 'owner' },
  /** A folder of the workspace's home: `?host=&path=` -> `FileListing`. */
  listFiles: { method: 'GET', path: '/api/sessions/:session/files', access: 'owner' },
  /** A file's bytes: `?host=&path=` -> `application/octet-stream`, its version in `ETag`; 413 above `maxFileBytes`. */
  readFile: { method: 'GET', path: '/api/sessions/:session/file', access: 'owner' },
  /**
   * Writes a file whole: `?host=&path=`, `If-Match: version` or `If-None-Match: *` -> `FileVersion`; 412 when it changed meanwhile.
   * Above `maxFileBytes`, up to `maxBroughtFileBytes`, in pieces: `&draft=&offset=&last=`, the draft being 16 hex digits of its own.
   */
  writeFile: { method: 'PUT', path: '/api/sessions/:session/file', access: 'owner' },
  /** Removes a file, or a folder with all that is in it: `?host=&path=` -> 204. */
  removeFile: { method: 'DELETE', path: '/api/sessions/:session/file', access: 'owner' },
  /** `ChangeFiles` -> 204: a new folder, or another name. */
  changeFiles: { method: 'POST', path: '/api/sessions/:session/files', access: 'owner' },
  /** The WebSocket (upgrade). Exact Origin, the cookie, then a `hello` with a ticket within 5 seconds. */
  socket: { method: 'GET', path: '/api/socket', access: 'student' },
} as const satisfies Record<string, Route>;

/** The lesson id that means: one host, no lesson. */
export const playground = 'playground';

export interface OpenSession {
  /** `01-why-containers/02-first-container`, or `playground`. */
  readonly lesson: string;
  /** The size of the page's terminal, if it is known already: the first shell then starts in it. Default 24 by 80. */
  readonly rows?: number;
  readonly columns?: number;
  /** Where other labs of the student in which they have typed would give way, opens nothing and answers `Crowded`. */
  readonly ask?: boolean;
}

/** One use, within 30 seconds, by the student it was given to: goes into `hello`. */
export interface Ticket {
  readonly ticket: string;
}

/** Answered at once, before the host is there: the socket tells how it goes on. */
export interface OpenedSession extends Ticket {
  readonly session: string;
}

/** Nothing was opened: the student has as many labs, or as many of them open, as may be. */
export interface Crowded {
  /** The lessons, or `playground`, whose labs would be put away: kept, but what runs in their terminals ends. */
  readonly givesWay: readonly string[];
  /** Those whose labs would end, and be gone: a student keeps so many and no more. */
  readonly ends: readonly string[];
}

export interface QuizAnswer {
  readonly lesson: string;
  readonly question: string;
  readonly choice: string;
}

export interface LessonProgress {
  /** Ids of tasks that are done. */
  readonly tasks: readonly string[];
  /** Question id -> the choice last made. */
  readonly quiz: Readonly<Record<string, string>>;
}

export interface Progress {
  /** By lesson id; lessons not begun are missing. */
  readonly lessons: Readonly<Record<string, LessonProgress>>;
}

/** The largest file that is read or written through the server. */
export const maxFileBytes = 1024 * 1024;
/** The most that is brought in as one file, in pieces of `maxFileBytes`. */
export const maxBroughtFileBytes = 20 * 1024 * 1024;
/** The most entries of a folder that are listed. */
export const maxListedFiles = 5_000;

export interface OpenPreview {
  /** A host of the lab; the first where left out. */
  readonly host?: string;
  /** A published port, 1 to 65535. */
  readonly port: number;
}
/** One use, within 30 seconds: opening it lets this browser in, and leads on to the page. */
export interface OpenedPreview {
  readonly url: string;
}

export interface FileEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
  /** Bytes. */
  readonly size: number;
  /** Changes whenever the file does; as in `ETag`. */
  readonly version: string;
}
export interface FileListing {
  /** In no order; at most `maxListedFiles`. */
  readonly entries: readonly FileEntry[];
  /** There are more than are listed. */
  readonly more: boolean;
}
export interface FileVersion {
  readonly version: string;
}
export type ChangeFiles =
  | { readonly do: 'makeFolder'; readonly host?: string; readonly path: string }
  | { readonly do: 'rename'; readonly host?: string; readonly path: string; readonly to: string };

export interface Health {
  /** What a student would meet who came now. `labs fail`: the last start failed, and none has gone well since. */
  readonly status: 'ok' | 'engine away' | 'store full' | 'labs fail';
  readonly version: string;
  /** Labs that hold a place: students who are in one, or have just left. */
  readonly sessions: number;
  /** Labs that wait for a place. */
  readonly queued: number;
  /** Labs that were put away, and hold no memory. */
  readonly stored: number;
  /** Hosts that wait for the next student. */
  readonly spareHosts: number;
}

/** What went wrong, in a sentence for the student: what, why, what next. */
export interface Failure {
  readonly error: FailureKind;
  readonly message: string;
}

export type FailureKind =
  | 'invalid'
  | 'forbidden'
  | 'notFound'
  | 'gone'
  | 'conflict'
  | 'tooLarge'
  | 'tooMany'
  | 'noSpace'
  | 'unavailable'
  | 'internal';

// --- The socket -----------------------------------------------------------------------------------------------------
// One WebSocket per page, for all terminals of the session. Text frames are one JSON message each. Binary frames go
// from server to page only: byte 0 is the channel (see `attached`), the rest is output, in order, nothing left out.
//
// A page counts the output bytes of each terminal that it was given: `attached.offset` plus all bytes since. After a
// drop it gets a ticket, says `hello` and `attach`es with `from` = that count: it gets exactly what it missed. A page
// that was reloaded has nothing on its screen and attaches from 0. Input is sent once and never again after a drop.

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

/** Page to server. */
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

/** Server to page. All but `attached`, `opened`, `refused` and `pong` tell a whole state, so hearing one twice is no harm. */
export type ServerMessage =
  | Welcome
  | SessionState
  | Terminals
  | Opened
  | Attached
  | Tasks
  | EngineState
  | Draining
  | ResetPoints
  | View
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
  /** What `{{name}}` stands for in this student's lab, by name; the same for as long as the session is kept. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Minutes without a page open, or four times as long without typing, after which the lab is put away as it is. */
  readonly idleMinutes: number;
  /** Days without a page open after which a lab that was put away ends. */
  readonly keepDays: number;
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

/** One host's Docker as a picture shows it; told on every change (within 500 ms), and every 2 s for use alone. */
export interface View {
  readonly type: 'view';
  /** The lab's name of the host. */
  readonly host: string;
  readonly images: readonly ViewImage[];
  readonly containers: readonly ViewContainer[];
  readonly networks: readonly ViewNetwork[];
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number };
  readonly machine: ViewMachine | null;
  /** The Linux version that the host and all its containers share. */
  readonly kernel: string;
  /** More was there than is told (50 images, 50 containers, 20 networks). */
  readonly more: boolean;
}
export interface ViewImage {
  /** `sha256:…` */
  readonly id: string;
  readonly tags: readonly string[];
  readonly size: number;
  /** The base first. */
  readonly layers: readonly ViewLayer[];
}
export interface ViewLayer {
  /** The first 12 digits of the layer's digest; empty for a step that adds no files. Images that share it name the same. */
  readonly id: string;
  /** The instruction that made it, short: `RUN install nginx`. */
  readonly made: string;
  readonly size: number;
}
export interface ViewContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** The image's id. */
  readonly imageId: string;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly exitCode: number | null;
  readonly command: string;
  /** RFC 3339; of the last start or end, whichever came later. */
  readonly since: string;
  /** From its creation to its program's start; null where it was started later, or never. */
  readonly readyMs: number | null;
  readonly ports: readonly { readonly host: number; readonly container: number; readonly protocol: 'tcp' | 'udp' }[];
  /** What it has written to its own layer. */
  readonly ownLayer: { readonly files: number; readonly bytes: number };
  readonly memoryBytes: number;
  /** `pid` as the host numbers it, `inside` as its container does. */
  readonly processes: readonly { readonly pid: number; readonly inside: number; readonly command: string }[];
}
export interface ViewNetwork {
  readonly name: string;
  readonly driver: string;
  readonly subnet: string;
  readonly members: readonly { readonly container: string; readonly address: string }[];
}
/** The lab's virtual machine, measured. */
export interface ViewMachine {
  readonly state: 'off' | 'booting' | 'ready';
  /** `kvm`, or `tcg`: emulated. */
  readonly accelerator: string;
  /** From its start to its shell; null until then. */
  readonly readyMs: number | null;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** `6.12.57-…`, its own; empty until it has said so. */
  readonly kernel: string;
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
