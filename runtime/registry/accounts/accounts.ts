// Accounts of the hub: people's, with a password, and those that labs have. Knows who there is, not what they may.

import { EngineError } from '../../errors.ts';
import { maxAccounts } from '../../limits.ts';
import type { Database, Row } from '../database.ts';
import { checkAccountName } from './names.ts';

export interface Account {
  /** Never given twice. */
  readonly id: number;
  readonly name: string;
  /** `session`: a lab has it, for a student without an account of their own. */
  readonly kind: 'account' | 'session';
  /** What was given out in another one is of no use any more. */
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly created: number;
}

function accountOf(row: Row | undefined): Account | null {
  if (!row) return null;
  return {
    id: Number(row.id),
    name: String(row.name),
    kind: row.kind === 'session' ? 'session' : 'account',
    epoch: Number(row.epoch),
    created: Number(row.created),
  };
}

const columns = 'id, name, kind, epoch, created';

export class Accounts {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  find(name: string): Account | null {
    return accountOf(this.#database.get(`SELECT ${columns} FROM account WHERE name = ?`, name));
  }

  /** Throws notFound. */
  need(name: string): Account {
    const account = this.find(name);
    if (account) return account;
    throw new EngineError('notFound', `the hub has no account ${name.slice(0, 80)}`);
  }

  withId(id: number): Account | null {
    return accountOf(this.#database.get(`SELECT ${columns} FROM account WHERE id = ?`, id));
  }

  /** By name, at most `most`, after `last`. */
  list(most: number, last = ''): Account[] {
    return this.#database
      .all(`SELECT ${columns} FROM account WHERE name > ? ORDER BY name LIMIT ?`, last, most)
      .flatMap((row) => accountOf(row) ?? []);
  }

  /**
   * In a transaction, with the namespace of its name. `password` is a PHC string, null for a session. Throws invalid, conflict where
   * the name is taken, exhausted.
   */
  add(name: string, kind: Account['kind'], password: string | null): Account {
    checkAccountName(name);
    const taken = this.#database.get(
      'SELECT 1 FROM account WHERE name = ?1 UNION SELECT 1 FROM namespace WHERE name = ?1',
      name,
    );
    if (taken) throw new EngineError('conflict', `the name ${name} is taken on the hub`);
    const { many } = this.#database.get('SELECT count(*) AS many FROM account') ?? {};
    if (Number(many) >= maxAccounts)
      throw new EngineError('exhausted', `the hub has ${maxAccounts} accounts, as many as it may`);
    this.#database.run(
      'INSERT INTO account (name, kind, password, epoch, created) VALUES (?, ?, ?, 0, ?)',
      ...[name, kind, password, this.#now()],
    );
    return this.need(name);
  }

  /** The PHC string; null where there is none. */
  password(account: Account): string | null {
    const row = this.#database.get('SELECT password FROM account WHERE id = ?', account.id);
    return typeof row?.password === 'string' ? row.password : null;
  }

  /** Where `endsLogins`, whatever was given out for the old one is of no use any more. */
  setPassword(account: Account, password: string, endsLogins: boolean): void {
    this.#database.run(
      'UPDATE account SET password = ?, epoch = epoch + ? WHERE id = ?',
      ...[password, endsLogins ? 1 : 0, account.id],
    );
  }

  /** The limit of pulls that was said of this one alone, as a text. */
  pulls(id: number): string | null {
    const row = this.#database.get('SELECT pulls FROM account WHERE id = ?', id);
    return typeof row?.pulls === 'string' ? row.pulls : null;
  }

  setPulls(account: Account, pulls: string | null): void {
    this.#database.run('UPDATE account SET pulls = ? WHERE id = ?', pulls, account.id);
  }

  /** In a transaction, after the namespaces that it owns. Its access tokens go with it. */
  remove(account: Account): void {
    this.#database.run('DELETE FROM account WHERE id = ?', account.id);
  }
}
