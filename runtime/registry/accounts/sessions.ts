// Accounts that labs have, for students without one of their own: a namespace, and a password that the lab's hosts know. They are made
// when the lab gets its first host and go when it is ended; between, nothing changes them.

import { randomInt } from 'node:crypto';
import { EngineError } from '../../errors.ts';
import type { Database } from '../database.ts';
import type { Account, Accounts } from './accounts.ts';
import type { Namespaces } from './namespaces.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Without those that are taken for each other. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
const letterCount = 6;

export interface SessionLogin {
  readonly name: string;
  readonly password: string;
}

export class Sessions {
  readonly #database: Database;
  readonly #accounts: Accounts;
  readonly #namespaces: Namespaces;
  readonly #keys: SigningKeys;

  constructor(parts: {
    readonly database: Database;
    readonly accounts: Accounts;
    readonly namespaces: Namespaces;
    readonly keys: SigningKeys;
  }) {
    this.#database = parts.database;
    this.#accounts = parts.accounts;
    this.#namespaces = parts.namespaces;
    this.#keys = parts.keys;
  }

  /** A name that nobody has: `student-k7m2xq`. */
  freeName(): string {
    for (;;) {
      const drawn = Array.from({ length: letterCount }, () => letters[randomInt(letters.length)]).join('');
      const name = `student-${drawn}`;
      if (!this.#accounts.find(name)) return name;
    }
  }

  /** The session of that name, made where it is missing: the same name and password each time. Throws invalid, conflict, exhausted. */
  ensure(name: string): SessionLogin {
    const there = this.#accounts.find(name);
    if (there && there.kind !== 'session')
      throw new EngineError('conflict', `${name} is an account of the hub, and not of a lab`);
    const account =
      there ??
      this.#database.transaction(() => {
        const made = this.#accounts.add(name, 'session', null);
        this.#namespaces.add(name, made, 'public');
        return made;
      });
    return { name, password: this.password(account) };
  }

  /** Of its own for each account: one of the same name, made later, has another. */
  password({ id, name }: Account): string {
    return this.#keys.derive(`session ${id} ${name}`);
  }
}
