/** What went wrong with a host's files, in a sentence. Knows no page and no connection. */
import { ServerRefusal } from '../api.ts';

/** What a request that nobody answers ends with: its time is up, or the page gave it up. */
const unanswered: ReadonlySet<string> = new Set(['TimeoutError', 'AbortError']);

export function sentenceOf(error: unknown): string {
  if (error instanceof ServerRefusal) return error.message;
  const isUnanswered = error instanceof DOMException ? unanswered.has(error.name) : error instanceof TypeError;
  if (isUnanswered) return 'The server does not answer.';
  return error instanceof Error ? error.message : String(error);
}
