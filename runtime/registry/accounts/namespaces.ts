// Namespaces: what stands before the first slash of a repository's name. Each account has the one of its name; others are made, to
// have colleagues in. Knows who owns them and who belongs to them, not what that allows.

import { EngineError } from '../../errors.ts';
import { maxMembers, maxNamespacesPerAccount } from '../../limits.ts';
import type { Database } from '../database.ts';
import { type Repositories, type Visibility, visibilityOf } from '../repositories.ts';
import type { Account } from './accounts.ts';
import { checkAccountName } from './names.ts';

export type MemberAccess = 'read' | 'write';
export type Role = 'owner' | MemberAccess;

export interface Member {
  readonly account: string;
  readonly access: MemberAccess;
}

export interface NamespaceInfo {
  readonly name: string;
  readonly owner: string;
  /** Of repositories that say nothing else. */
  readonly visibility: Visibility;
  readonly members: readonly Member[];
}

export class Namespaces {
  readonly #database: Database;
  readonly #repositories: Repositories;
  readonly #now: () => number;

  constructor(database: Database, repositories: Repositories, now: () => number) {
    this.#database = database;
    this.#repositories = repositories;
    this.#now = now;
  }

  /** Of repositories of the namespace that say nothing themselves; null where there is no such namespace. */
  visibility(name: string): Visibility | null {
    return visibilityOf(this.#database.get('SELECT visibility FROM namespace WHERE name = ?', name)?.visibility);
  }

  /** Null for whoever is a stranger in it. */
  role(name: string, account: number): Role | null {
    const row = this.#database.get(
      `SELECT owner, (SELECT access FROM member WHERE namespace = ?1 AND account = ?2) AS access
         FROM namespace WHERE name = ?1`,
      ...[name, account],
    );
    if (!row) return null;
    if (Number(row.owner) === account) return 'owner';
    return row.access === 'read' || row.access === 'write' ? row.access : null;
  }

  /** Throws notFound. */
  need(name: string): NamespaceInfo {
    const row = this.#database.get(
      `SELECT namespace.name, visibility, account.name AS owner FROM namespace
         JOIN account ON account.id = namespace.owner WHERE namespace.name = ?`,
      name,
    );
    if (!row) throw new EngineError('notFound', `the hub has no namespace ${name.slice(0, 80)}`);
    const visibility = visibilityOf(row.visibility) ?? 'private';
    return { name, owner: String(row.owner), visibility, members: this.#members(name) };
  }

  #members(namespace: string): Member[] {
    return this.#database
      .all(
        `SELECT account.name, access FROM member JOIN account ON account.id = member.account
           WHERE namespace = ? ORDER BY account.name`,
        namespace,
      )
      .map(({ name, access }) => ({ account: String(name), access: access === 'write' ? 'write' : 'read' }));
  }

  /** The names of those that the account owns, its own first, and of those that it belongs to. */
  of(account: Account): { readonly owned: readonly string[]; readonly joined: readonly string[] } {
    const owned = this.#database.all(
      'SELECT name FROM namespace WHERE owner = ?1 ORDER BY name <> ?2, name',
      ...[account.id, account.name],
    );
    const joined = this.#database.all('SELECT namespace FROM member WHERE account = ? ORDER BY namespace', account.id);
    return { owned: owned.map(({ name }) => String(name)), joined: joined.map(({ namespace }) => String(namespace)) };
  }

  /** In a transaction. Throws invalid, conflict where the name is taken, exhausted where the owner has as many as it may. */
  add(name: string, owner: Account, visibility: Visibility): void {
    checkAccountName(name);
    const isTaken =
      this.#database.get('SELECT 1 FROM namespace WHERE name = ?', name) ??
      (name === owner.name ? undefined : this.#database.get('SELECT 1 FROM account WHERE name = ?', name));
    if (isTaken) throw new EngineError('conflict', `the name ${name} is taken on the hub`);
    if (this.of(owner).owned.length >= maxNamespacesPerAccount)
      throw new EngineError(
        'exhausted',
        `${owner.name} has ${maxNamespacesPerAccount} namespaces, as many as it may; remove one and try again`,
      );
    // What a push has put there that outlived a namespace of this name.
    for (const left of this.#repositories.inNamespace(name)) this.#repositories.remove(left);
    this.#database.run(
      'INSERT INTO namespace (name, owner, visibility, created) VALUES (?, ?, ?, ?)',
      ...[name, owner.id, visibility, this.#now()],
    );
  }

  /** Throws notFound. */
  setVisibility(name: string, visibility: Visibility): void {
    this.need(name);
    this.#database.run('UPDATE namespace SET visibility = ? WHERE name = ?', visibility, name);
  }

  /** Null: the account belongs to it no more. Throws notFound, conflict for the owner, exhausted. */
  setMember(name: string, account: Account, access: MemberAccess | null): void {
    const { owner, members } = this.need(name);
    if (owner === account.name)
      throw new EngineError('conflict', `${owner} owns ${name}, and may all there is already`);
    if (access === null) {
      this.#database.run('DELETE FROM member WHERE namespace = ? AND account = ?', name, account.id);
      return;
    }
    if (members.length >= maxMembers && members.every((member) => member.account !== account.name))
      throw new EngineError('exhausted', `${name} has ${maxMembers} members, as many as it may`);
    this.#database.run(
      `INSERT INTO member (namespace, account, access) VALUES (?, ?, ?)
         ON CONFLICT (namespace, account) DO UPDATE SET access = excluded.access`,
      ...[name, account.id, access],
    );
  }

  /** In a transaction, after its repositories. Idempotent. */
  remove(name: string): void {
    this.#database.run('DELETE FROM namespace WHERE name = ?', name);
  }
}
