// Repositories: a name, and the namespace that it counts in. One comes to be with the first thing that is put into it.

import { maxRepositoriesPerNamespace } from '../limits.ts';
import type { Database } from './database.ts';
import { checkRepository, namespaceOf } from './names.ts';
import { Refusal } from './refusal.ts';

export type Visibility = 'public' | 'private';

export const visibilityOf = (value: unknown): Visibility | null =>
  value === 'public' || value === 'private' ? value : null;

export class Repositories {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Its number in the tables; null where there is none of that name. */
  find(name: string): number | null {
    const row = this.#database.get('SELECT id FROM repository WHERE name = ?', name);
    return row ? Number(row.id) : null;
  }

  /** Throws NAME_UNKNOWN. */
  need(name: string): number {
    const id = this.find(name);
    if (id === null) throw new Refusal('NAME_UNKNOWN', { detail: { name } });
    return id;
  }

  /** The same, made where it is missing. Throws NAME_INVALID; DENIED where its namespace has as many as it may. */
  ensure(name: string): number {
    const there = this.find(name);
    if (there !== null) return there;
    const namespace = namespaceOf(checkRepository(name));
    const { many } = this.#database.get('SELECT count(*) AS many FROM repository WHERE namespace = ?', namespace) ?? {};
    if (Number(many) >= maxRepositoriesPerNamespace)
      throw new Refusal('DENIED', {
        message: `${namespace} has ${maxRepositoriesPerNamespace} repositories, as many as it may; delete one and try again`,
      });
    this.#database.run(
      'INSERT INTO repository (name, namespace, created) VALUES (?, ?, ?)',
      name,
      namespace,
      Date.now(),
    );
    return this.need(name);
  }

  /** The names after `last`, in order, at most `most`. */
  after(last: string, most: number): string[] {
    return this.#database
      .all('SELECT name FROM repository WHERE name > ? ORDER BY name LIMIT ?', last, most)
      .map(({ name }) => String(name));
  }

  /** Names that hold `text`, in order, at most `most`. */
  holding(text: string, most: number): string[] {
    return this.#database
      .all('SELECT name FROM repository WHERE instr(name, ?) > 0 ORDER BY name LIMIT ?', text, most)
      .map(({ name }) => String(name));
  }

  /** Those of one namespace, in order. */
  inNamespace(namespace: string): string[] {
    const rows = this.#database.all('SELECT name FROM repository WHERE namespace = ? ORDER BY name', namespace);
    return rows.map(({ name }) => String(name));
  }

  /** What was said of this one alone; null where it is as its namespace has it, or is not there. */
  visibility(name: string): Visibility | null {
    const row = this.#database.get('SELECT visibility FROM repository WHERE name = ?', name);
    return visibilityOf(row?.visibility);
  }

  /** Throws NAME_UNKNOWN. */
  setVisibility(name: string, visibility: Visibility | null): void {
    this.#database.run('UPDATE repository SET visibility = ? WHERE id = ?', visibility, this.need(name));
  }

  /** With all that it holds; the next collection takes the files. Idempotent. */
  remove(name: string): void {
    this.#database.run('DELETE FROM repository WHERE name = ?', name);
    this.#database.run('DELETE FROM pull_count WHERE repository = ?', name);
  }

  /**
   * Of `most` repositories after the one with that number, forgets those that hold nothing, but `used`, and those of which something was
   * said. The number of the last one that it has looked at; null where there are no more.
   */
  removeEmpty(after: number, most: number, used: ReadonlySet<string>): number | null {
    const rows = this.#database.all(
      `SELECT id, name, visibility IS NULL AND NOT EXISTS (SELECT 1 FROM link WHERE link.repository = repository.id)
           AND NOT EXISTS (SELECT 1 FROM manifest WHERE manifest.repository = repository.id) AS empty
         FROM repository WHERE id > ? ORDER BY id LIMIT ?`,
      ...[after, most],
    );
    for (const { id, name, empty } of rows)
      if (empty && !used.has(String(name))) this.#database.run('DELETE FROM repository WHERE id = ?', Number(id));
    return rows.length < most ? null : Number(rows.at(-1)?.id);
  }
}
