// The gate: if the operator has set a code, the site is open only to browsers in which it was entered. Knows neither routes nor
// pages.

import { createHash, timingSafeEqual } from 'node:crypto';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function same(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

export class Gate {
  readonly #code: string | null;

  /** `code` null: the gate is open. */
  constructor(code: string | null) {
    this.#code = code;
  }

  get isThere(): boolean {
    return this.#code !== null;
  }

  /** The secret that a browser keeps once the code was entered. Another code makes it void. */
  get pass(): string {
    return digest(`drydock invite ${this.#code}`).toString('base64url');
  }

  /** Whether this is the code, as people type it: blanks around it do not count. Takes the same time wherever it is wrong. */
  isCode(text: string): boolean {
    return this.#code !== null && same(text.trim(), this.#code);
  }

  /** Whether this `pass` opens the gate; any does, and none is needed, if there is no code. */
  letsIn(pass: string | undefined): boolean {
    return this.#code === null || (pass !== undefined && same(pass, this.pass));
  }
}
