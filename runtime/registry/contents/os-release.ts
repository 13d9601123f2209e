// What an image says that it is: os-release(5). The image wrote it, so each value is held against what it may look like.

import type { Release } from './content.ts';

const values = {
  ID: /^[a-z0-9._-]{1,40}$/,
  VERSION_ID: /^[a-zA-Z0-9._-]{1,40}$/,
  VERSION_CODENAME: /^[a-zA-Z0-9._-]{1,40}$/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it may not hold
  PRETTY_NAME: /^[^\u0000-\u001f\u007f]{1,100}$/,
} as const;

/** Null where it does not say which distribution it is. */
export function releaseOf(text: string): Release | null {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    const pattern = Object.entries(values).find(([known]) => known === name)?.[1];
    const plain = unquoted(value);
    if (pattern?.test(plain)) found.set(name, plain);
  }
  const id = found.get('ID');
  if (id === undefined) return null;
  const version = found.get('VERSION_ID') ?? '';
  const codename = found.get('VERSION_CODENAME') ?? '';
  return { id, version, codename, name: found.get('PRETTY_NAME') ?? `${id} ${version || codename}`.trim() };
}

function unquoted(value: string): string {
  const [, inside] = /^"(.*)"$/.exec(value) ?? /^'(.*)'$/.exec(value) ?? [];
  return inside === undefined ? value : inside.replace(/\\(["$`\\])/g, '$1');
}
