// The gate: where the operator gave a code, the site is open to those whose browser has shown it, and to nobody else. Knows
// neither routes nor pages.

import { createHash, timingSafeEqual } from 'node:crypto';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function same(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

export class Gate {
  readonly #code: string | null;

  /** `code` null: it stands open. */
  constructor(code: string | null) {
    this.#code = code;
  }

  get isThere(): boolean {
    return this.#code !== null;
  }

  /** What a browser that has shown the code keeps. With another code it is worth nothing. */
  get pass(): string {
    return digest(`drydock invite ${this.#code}`).toString('base64url');
  }

  /** Whether this is the code, as people type it: blanks around it do not count. Takes the same time wherever it is wrong. */
  isCode(text: string): boolean {
    return this.#code !== null && same(text.trim(), this.#code);
  }

  /** Whether this `pass` lets in; all do where there is no code. */
  letsIn(pass: string | undefined): boolean {
    return this.#code === null || (pass !== undefined && same(pass, this.pass));
  }
}
