// Every HTTP route between the site and the server, a line of doc each. Imports nothing but other routes, so that the
// site may import it whole.
//
// JSON in, JSON out, always with `content-type: application/json`. Unsafe methods need same-origin `fetch` (Origin and
// Sec-Fetch-Site are checked). Failures are `Failure` with the HTTP status; 429 and 503 carry Retry-After in seconds.

import { hubRoutes } from './hub.ts';

/**
 * Who may call a route: anyone, anyone with a student's cookie, only the student whose session it is, those with an account on the hub
 * (their own, or a lab's), or the operator. With a code (DRYDOCK_INVITE), all but `health`, `metrics` and the invite answer 403 to
 * browsers in which the code was not entered.
 */
export type Access = 'anyone' | 'student' | 'owner' | 'account' | 'operator';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly access: Access;
}

export const routes = {
  /** Is the server there, and can labs start? `Health`; always 200. */
  health: { method: 'GET', path: '/healthz', access: 'anyone' },
  /** Metrics for Prometheus: for direct requests from this machine, or with the token of DRYDOCK_METRICS_TOKEN; else 404. */
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
  /** What this browser's student has done so far: `Progress`; empty without a student's cookie. */
  progress: { method: 'GET', path: '/api/progress', access: 'anyone' },
  /** What checks have seen this browser's student do, and when: `DoneRecord`; empty without a student's cookie. */
  doneRecord: { method: 'GET', path: '/api/progress/record', access: 'anyone' },
  /** Keeps which answer a student chose: `QuizAnswer` -> 204. */
  quizAnswer: { method: 'PUT', path: '/api/progress/quiz', access: 'student' },
  /** An address of a published port's page, on an origin of its own: `OpenPreview` -> `OpenedPreview`. */
  openPreview: { method: 'POST', path: '/api/sessions/:session/previews', access: 'owner' },
  /** A folder of the workspace's home: `?host=&path=` -> `FileListing`. */
  listFiles: { method: 'GET', path: '/api/sessions/:session/files', access: 'owner' },
  /** A file's bytes: `?host=&path=` -> `application/octet-stream`, its version in `ETag`; 413 above `maxFileBytes`. */
  readFile: { method: 'GET', path: '/api/sessions/:session/file', access: 'owner' },
  /**
   * Writes a file whole: `?host=&path=`, `If-Match: version` or `If-None-Match: *` -> `FileVersion`; 412 when it changed
   * meanwhile. Above `maxFileBytes`, up to `maxBroughtFileBytes`, in pieces: `&draft=&offset=&last=`, the draft being 16 hex
   * digits of its own.
   */
  writeFile: { method: 'PUT', path: '/api/sessions/:session/file', access: 'owner' },
  /** Removes a file, or a folder with all that is in it: `?host=&path=` -> 204. */
  removeFile: { method: 'DELETE', path: '/api/sessions/:session/file', access: 'owner' },
  /** `ChangeFiles` -> 204: a new folder, or another name. */
  changeFiles: { method: 'POST', path: '/api/sessions/:session/files', access: 'owner' },
  /** The WebSocket (upgrade). Exact Origin, the cookie, then a `hello` with a ticket within 5 seconds. */
  socket: { method: 'GET', path: '/api/socket', access: 'student' },
  ...hubRoutes,
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

export interface DoneTask {
  readonly lesson: string;
  readonly task: string;
  /** RFC 3339, by the server's clock. */
  readonly doneAt: string;
}

/** The server's own record: nothing that a page says gets into it. */
export interface DoneRecord {
  /** In the order in which they were done. Of lessons that are no longer in the course, too. */
  readonly tasks: readonly DoneTask[];
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
  /** Whether labs can start; also `ok` while there is a queue. `labs fail`: the last start failed, within the last 5 minutes. */
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
