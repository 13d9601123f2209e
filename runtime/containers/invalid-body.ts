// A body that does not fit its schema, as one sentence that names the key.

import type { ZodError } from 'zod';
import { EngineError } from '../errors.ts';

/** An invalid error for the first fault of a body. */
export function invalidBody(error: ZodError): EngineError {
  const issue = error.issues[0];
  if (!issue) return new EngineError('invalid', 'invalid JSON: the body does not fit');
  const place = issue.path.map(String).join('.').slice(0, 200);
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys
      .slice(0, 10)
      .map((key) => (place ? `${place}.${key}` : key).slice(0, 100))
      .join(', ');
    return new EngineError(
      'invalid',
      `${names}: this engine does not know ${issue.keys.length > 1 ? 'these settings; leave them out' : 'this setting; leave it out'}`,
    );
  }
  const message = issue.message.replace(/^Invalid input: /, '');
  return new EngineError('invalid', `invalid JSON: ${place || 'body'}: ${message}`);
}
