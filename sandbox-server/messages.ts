// Parses what pages send: the schemas of the inputs in protocol/. Strict: what is not in the protocol is refused.

import { z } from 'zod';
import { maxIdLength, maxPathLength } from './limits.ts';
import {
  type ChangeFiles,
  maxColumns,
  maxInputLength,
  maxKeptTitleLength,
  maxRows,
  maxTitleLength,
  type OpenPreview,
  type OpenSession,
  type PageMessage,
  type QuizAnswer,
} from './protocol.ts';

const id = z.string().min(1).max(maxIdLength);
const terminal = z.string().regex(/^t[1-9]\d{0,8}$/);
const rows = z.int().min(1).max(maxRows);
const columns = z.int().min(1).max(maxColumns);
const offset = z.int().min(0);
/** Titles are shown to their student; control characters and the marks that turn text around have no place in them. */
const textOf = (maxLength: number) =>
  z
    .string()
    .transform((text) => text.replace(/[\p{Cc}\p{Cf}]/gu, '').trim())
    .pipe(z.string().min(1).max(maxLength));
const title = textOf(maxTitleLength);
/** The lab's name of a host. */
const host = z.string().regex(/^[a-z0-9-]{1,63}$/);
/** `start`, a task's id or a copy's. */
const point = z.string().regex(/^[a-z0-9-]{1,64}$/);

export const pageMessage: z.ZodType<PageMessage> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), protocol: z.int(), ticket: id }),
  z.strictObject({
    type: z.literal('open'),
    request: z.int().min(0),
    host: host.exactOptional(),
    title: title.exactOptional(),
    rows,
    columns,
  }),
  z.strictObject({ type: z.literal('attach'), terminal, from: offset, rows, columns }),
  z.strictObject({ type: z.literal('detach'), terminal }),
  z.strictObject({ type: z.literal('input'), terminal, data: z.string().min(1).max(maxInputLength) }),
  z.strictObject({ type: z.literal('ack'), terminal, offset }),
  z.strictObject({ type: z.literal('resize'), terminal, rows, columns }),
  z.strictObject({ type: z.literal('rename'), terminal, title }),
  z.strictObject({ type: z.literal('close'), terminal }),
  z.strictObject({ type: z.literal('reset'), to: point }),
  z.strictObject({ type: z.literal('keep'), title: textOf(maxKeptTitleLength) }),
  z.strictObject({ type: z.literal('dropKept'), id: point }),
  z.strictObject({ type: z.literal('watchFiles'), host, on: z.boolean() }),
  z.strictObject({ type: z.literal('ping') }),
]);

/** The engine decides which paths are valid. Escapes such as `%2e` have been decoded once. */
const path = z.string().max(maxPathLength);

/** The query of the routes about one file or folder. */
export const fileQuery = z.strictObject({ host: host.exactOptional(), path });
/** The query of `writeFile`: without the rest the body is the whole file. */
export const writtenFileQuery = z.union([
  fileQuery,
  fileQuery.extend({
    draft: z.string().regex(/^[0-9a-f]{16}$/),
    offset: z.coerce.number().int().nonnegative(),
    last: z.enum(['true', 'false']).transform((text) => text === 'true'),
  }),
]);

export const changeFiles: z.ZodType<ChangeFiles> = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('makeFolder'), host: host.exactOptional(), path }),
  z.strictObject({ do: z.literal('rename'), host: host.exactOptional(), path, to: path }),
]);

export const openPreview: z.ZodType<OpenPreview> = z.strictObject({
  host: host.exactOptional(),
  port: z.int().min(1).max(65_535),
});

export const openSession: z.ZodType<OpenSession> = z
  .strictObject({ lesson: id, rows: rows.optional(), columns: columns.optional(), ask: z.boolean().optional() })
  .transform(({ lesson, rows: r, columns: c, ask }) => ({
    lesson,
    ...(r === undefined ? {} : { rows: r }),
    ...(c === undefined ? {} : { columns: c }),
    ...(ask === undefined ? {} : { ask }),
  }));

export const quizAnswer: z.ZodType<QuizAnswer> = z.strictObject({ lesson: id, question: id, choice: id });

export const sessionParameters = z.strictObject({ session: z.string().regex(/^[A-Za-z0-9_-]{22}$/) });
