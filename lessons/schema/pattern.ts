// Regular expressions that lab files may hold. They run over text that students made, so those are refused whose time can
// grow out of hand: a repetition of something that repeats. (The server bounds the time besides.)

import { z } from 'zod';

/** Why it may not stand in a lab file, or null. */
function complaint(source: string): string | null {
  try {
    new RegExp(source);
  } catch (error) {
    return `is no regular expression: ${error instanceof Error ? error.message.replace(/^.*: /, '') : error}`;
  }
  // Groups that are open, each with whether something in it repeats.
  const open: { repeats: boolean }[] = [{ repeats: false }];
  let closed: { repeats: boolean } | null = null;
  let inClass = false;
  for (let place = 0; place < source.length; place++) {
    const sign = source[place];
    const group = open.at(-1);
    if (sign === '\\') {
      place += 1;
      closed = null;
    } else if (inClass) {
      if (sign === ']') inClass = false;
    } else if (sign === '[') {
      inClass = true;
      closed = null;
    } else if (sign === '(') {
      open.push({ repeats: false });
      closed = null;
    } else if (sign === ')') {
      closed = open.pop() ?? null;
      if (closed?.repeats) for (const outer of open) outer.repeats = true;
    } else if (sign === '*' || sign === '+' || (sign === '{' && /^\{\d+,/.test(source.slice(place)))) {
      if (closed?.repeats) return 'repeats something that repeats itself: take one of the two away';
      if (group) group.repeats = true;
      closed = null;
    } else {
      closed = null;
    }
  }
  return null;
}

export const pattern = z
  .string()
  .min(1)
  .max(200, 'is longer than 200 characters')
  .superRefine((source, context) => {
    const why = complaint(source);
    if (why !== null) context.addIssue({ code: 'custom', message: why });
  });
