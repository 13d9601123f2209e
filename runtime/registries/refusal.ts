// What a registry says that it will not do, in the words of distribution's client (`registry/client/errors.go`).

import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { maxRegistryErrorBytes } from '../limits.ts';
import { Refusal } from '../registry/refusal.ts';
import { parseChallenges } from './challenge.ts';
import { readDocument } from './document.ts';
import { RegistryFailure } from './failure.ts';
import type { Incoming } from './transport.ts';

const maxMessages = 10;

const errorsSchema = z.object({
  errors: z
    .array(z.object({ code: z.string().max(100), message: z.string().default('') }))
    .min(1)
    .max(100),
});
/** How token servers and others say it. */
const detailsSchema = z.object({ details: z.string() });

/** What is said where the answer says nothing by itself. */
const standard: Readonly<Record<number, readonly [code: string, message: string]>> = {
  401: ['UNAUTHORIZED', 'authentication required'],
  403: ['DENIED', 'requested access to the resource is denied'],
  429: ['TOOMANYREQUESTS', 'too many requests'],
};

function told(code: string, message: string): string {
  return `${code.toLowerCase().replaceAll('_', ' ')}: ${message}`;
}

/** What the challenge says of a token that was shown (RFC 6750 §3.1) goes before what the body says, as in distribution's client. */
const tokenProblems: Readonly<Record<string, readonly [code: string, message: string]>> = {
  invalid_token: ['UNAUTHORIZED', 'authentication required'],
  insufficient_scope: ['DENIED', 'requested access to the resource is denied'],
};

function tokenProblemOf({ challenges }: Incoming): readonly [code: string, message: string] | null {
  for (const { scheme, parameters } of challenges.flatMap((header) => parseChallenges(header))) {
    const problem = scheme === 'bearer' ? tokenProblems[parameters.get('error') ?? ''] : undefined;
    if (problem) return [problem[0], parameters.get('error_description') || problem[1]];
  }
  return null;
}

/** What an answer with this code and message would be read as. Another error is given back as it is. */
export function refusedAs(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  const { code, message, status } = error;
  return new RegistryFailure(told(code, message), { kind: 'answer', status, code, cause: error });
}

/** When it may be asked again: as it says, or when the time that its limit is for has gone by (`100;w=21600`). */
function retryAfterIn({ status, headers }: Incoming): number | null {
  if (status !== 429 && status !== 503) return null;
  const said = headers['retry-after'] ?? '';
  if (/^\d{1,7}$/.test(said)) return Number(said);
  const at = Date.parse(said);
  if (!Number.isNaN(at)) return Math.max(1, Math.ceil((at - Date.now()) / 1000));
  const reset = String(headers['ratelimit-reset'] ?? '');
  if (/^\d{1,7}$/.test(reset)) return Number(reset);
  const span = /;w=(\d{1,7})$/.exec(String(headers['ratelimit-limit'] ?? ''))?.[1];
  return span === undefined ? null : Number(span);
}

/** Reads the rest of an answer that is none of those expected. Never throws. */
export async function refusalOf(incoming: Incoming): Promise<RegistryFailure> {
  const { status } = incoming;
  const retryAfterSeconds = retryAfterIn(incoming);
  const answered = (message: string, code = ''): RegistryFailure =>
    new RegistryFailure(message, { kind: 'answer', status, code, retryAfterSeconds });
  if (status < 400 || status > 499)
    return answered(`received unexpected HTTP status: ${status} ${STATUS_CODES[status] ?? ''}`.trim());
  const problem = tokenProblemOf(incoming);
  let text = '';
  try {
    text = (await readDocument(incoming, maxRegistryErrorBytes)).toString('utf8');
  } catch (error) {
    return error instanceof RegistryFailure ? error : answered(String(error));
  }
  if (problem) return answered(told(...problem), problem[0]);
  const usual = standard[status];
  const type = incoming.headers['content-type']?.split(';', 1)[0]?.trim() ?? '';
  if (type !== 'application/json' && type !== 'application/vnd.api+json') {
    const code = usual?.[0] ?? 'UNKNOWN';
    return answered(told(code, text), code);
  }
  try {
    const json: unknown = JSON.parse(text);
    const { data } = errorsSchema.safeParse(json);
    const [first, another] = data?.errors ?? [];
    if (first && !another) return answered(told(first.code, first.message), first.code);
    if (first && data)
      return answered(
        `errors:\n${data.errors
          .slice(0, maxMessages)
          .map(({ code, message }) => told(code, message))
          .join('\n')}\n`,
        first.code,
      );
    const details = detailsSchema.safeParse(json).data?.details;
    if (details !== undefined && usual) return answered(told(usual[0], details), usual[0]);
  } catch {
    // no JSON: below
  }
  if (usual) return answered(told(...usual), usual[0]);
  if (text === '') return answered(`unexpected status: ${status} ${STATUS_CODES[status] ?? ''}`.trim());
  return answered(`error parsing HTTP ${status} response body: ${JSON.stringify(text.slice(0, 200))}`);
}
