// The keys that leave an attached terminal without ending it: `ctrl-p,ctrl-q` unless others are asked for.

import { EngineError } from '../errors.ts';

export const defaultDetachKeys = 'ctrl-p,ctrl-q';

/** The bytes of `ctrl-a,b,ctrl-@`: moby's own syntax (`term.ToBytes`). Empty is the default. Throws invalid. */
export function parseDetachKeys(text: string): readonly number[] {
  const invalid = new EngineError('invalid', `Invalid detach keys (${text.slice(0, 80)}) provided`);
  const keys = (text === '' ? defaultDetachKeys : text).split(',');
  if (keys.length > 16) throw invalid;
  return keys.map((key) => {
    if (key.length === 1 && key.charCodeAt(0) < 128) return key.charCodeAt(0);
    const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)?.[1];
    if (control === undefined) throw invalid;
    return control.toUpperCase().charCodeAt(0) & 0x1f;
  });
}

/** Watches typed bytes for the keys. Bytes that may be the beginning of the keys are held back until the next byte. */
export class DetachWatch {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  /** The bytes to pass on, and whether the keys were complete. Bytes after complete keys are dropped. */
  push(typed: Buffer): { pass: Buffer; detached: boolean } {
    const pass: number[] = [];
    for (const byte of typed) {
      if (byte !== this.#keys[this.#matched]) {
        pass.push(...this.#keys.slice(0, this.#matched));
        this.#matched = 0;
      }
      if (byte !== this.#keys[this.#matched]) pass.push(byte);
      else if (++this.#matched === this.#keys.length) return { pass: Buffer.from(pass), detached: true };
    }
    return { pass: Buffer.from(pass), detached: false };
  }
}
