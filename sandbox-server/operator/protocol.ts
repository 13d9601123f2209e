// What passes between the `drydock` command and the running server, over a Unix socket that root and the server's user alone
// can reach. Whoever can connect may do all of it.

import { z } from 'zod';

export const operatorPaths = {
  /** GET -> `OperatorStatus` */
  status: '/status',
  /** GET -> `SessionReport[]` */
  sessions: '/sessions',
  /** DELETE `/sessions/HANDLE` -> 204; 404 where there is none. */
  session: '/sessions/',
  /** PUT `{ at }` -> `Drain`; DELETE -> 204, the end of it. Idempotent. */
  drain: '/drain',
  /** GET -> `LessonsInUse`; PUT `{ folder }` -> 204: the lessons are those of this folder from now on. Idempotent. */
  lessons: '/lessons',
} as const;

/** Ids of the lessons that students have a lab of. */
export const lessonsInUse = z.array(z.string());
export type LessonsInUse = z.output<typeof lessonsInUse>;

/** Absolute. */
export const lessonsFolder = z.strictObject({ folder: z.string().startsWith('/') });

/** No new labs are started; those that are open go on. */
export const drain = z.strictObject({
  /** When the operator means to take Drydock down, RFC 3339; null where they did not say. */
  at: z.iso.datetime().nullable(),
});
export type Drain = z.output<typeof drain>;

export const operatorStatus = z.strictObject({
  /** Null while new labs are started. */
  drain: drain.nullable(),
  /** Addresses that send X-Forwarded-For and are not in DRYDOCK_TRUSTED_PROXY. */
  unnamedProxies: z.array(z.string()),
});
export type OperatorStatus = z.output<typeof operatorStatus>;

export const sessionReport = z.strictObject({
  /** Eight hex digits, to name it by; the session's own id stays a secret. */
  id: z.string(),
  /** The number of the student's record; there are no names. */
  student: z.int(),
  /** `203.0.113.0/24`, where they came from; null where that is not known since a restart. */
  network: z.string().nullable(),
  lesson: z.string(),
  /** The first task that is not done; null where all are. */
  task: z.string().nullable(),
  tasksDone: z.int(),
  tasks: z.int(),
  /** `waiting`: its hosts were started again with the machine or the engine, and its shell is when its student comes. */
  state: z.enum(['ready', 'starting', 'waiting', 'queued', 'failed', 'frozen', 'stored']),
  /** Browser pages that look at it. */
  pages: z.int(),
  /** Null where it could not be asked for. */
  memoryBytes: z.int().nullable(),
  /** RFC 3339. */
  usedAt: z.string(),
  /** The engine's names of its hosts. */
  hosts: z.array(z.string()),
});
export type SessionReport = z.output<typeof sessionReport>;
