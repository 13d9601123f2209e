// JSON that somebody else wrote: counted before it is parsed, for a body of 1 MiB may hold half a million values.

import { EngineError } from './errors.ts';
import { maxJsonDepth, maxJsonValues } from './limits.ts';

const quote = 0x22;
const backslash = 0x5c;

/** Where a string that began before `at` ends: the place of its closing quote, or the end of the text. */
function endOfString(bytes: Buffer, at: number): number {
  for (let end = bytes.indexOf(quote, at); end >= 0; end = bytes.indexOf(quote, end + 1)) {
    let escapes = 0;
    while (bytes[end - 1 - escapes] === backslash && end - 1 - escapes >= at) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return bytes.length;
}

/** Throws invalid where the text has more values, or lists within lists, than any real request. */
function checkSize(bytes: Buffer): void {
  let [values, depth] = [1, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) at = endOfString(bytes, at + 1);
    else if (byte === 0x2c)
      values++; // ,
    else if (byte === 0x5b || byte === 0x7b) [values, depth] = [values + 1, depth + 1];
    else if (byte === 0x5d || byte === 0x7d) depth--;
    if (values > maxJsonValues)
      throw new EngineError(
        'invalid',
        `invalid JSON: it has more than ${maxJsonValues} values, the most in one request`,
      );
    if (depth > maxJsonDepth)
      throw new EngineError(
        'invalid',
        `invalid JSON: it is nested more than ${maxJsonDepth} deep, the most in one request`,
      );
  }
}

/** Parses a body. Throws invalid where it is no JSON, or too much of it: in Docker's words where it is cut off or goes on, else in V8's. */
export function parseJson(bytes: Buffer): unknown {
  checkSize(bytes);
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const place = /at position (\d+)/.exec(message)?.[1];
    if (/after JSON/.test(message)) throw new EngineError('invalid', 'unexpected content after JSON', { cause: error });
    const cutOff = /^Unexpected end|^Unterminated/.test(message) || Number(place) >= text.trimEnd().length;
    throw new EngineError('invalid', `invalid JSON: ${cutOff ? 'unexpected EOF' : message}`, { cause: error });
  }
}
