// What clients have sent to builds, and what was fetched for them: a list of files, and each content once, under its digest. The engine
// makes no path out of a stranger's names. The last list of a directory stays, so that the next build of it asks only for what has
// changed.

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { Readable } from 'node:stream';
import { receiveSentTree, workOnSentFiles } from '../../archives/tree-work.ts';
import type { ContainerHost } from '../../containers/container.ts';
import { diskFull } from '../../errors.ts';
import { makeDirectory } from '../../kernel/directories.ts';
import { removeTree } from '../../kernel/remove-tree.ts';
import { maxContextBytes, maxKeptContexts } from '../../limits.ts';
import type { Turnstile } from '../../turnstile.ts';
import { newId } from '../builds.ts';
import type { CacheRecord, Keeper } from '../cache-record.ts';
import { ReceivingInto } from '../files/receive-into.ts';
import type { ReceivedList } from '../files/sent-jobs.ts';
import { amountOf, type SentPlace, writeList } from '../files/sent-list.ts';
import { archivePieces } from '../receive-archive.ts';
import { type FilesWanted, type ReceivingOptions, receiveFiles } from '../receive-files.ts';
import type { Session } from '../sessions.ts';

/** Files that were sent, and are there until this is disposed of. */
export interface Sent extends AsyncDisposable, SentPlace {
  /** How many things there are, and how many of these are files. */
  readonly count: number;
  readonly files: number;
  /** What its files hold. */
  readonly bytes: number;
}

/** What is in a directory, and what whoever put it there has noted of it. */
export interface Kept extends ReceivedList {
  readonly note: string;
}

interface Place {
  readonly id: string;
  readonly directory: string;
  readonly createdAt: string;
  usedAt: string;
  /** How often it was used. */
  used: number;
  /** For the next build of the same directory of the client's. */
  readonly isKept: boolean;
  kept: Kept | null;
  uses: number;
  /** Users who are putting it in order before they are gone. */
  leaving: number;
  /** Something may be in it that is not in the list. */
  isUntidy: boolean;
  /** Settles when nobody receives into it. */
  turn: Promise<unknown>;
}

const never = new AbortController().signal;

/** What of a host its builds' files need. */
type FilesHost = Pick<ContainerHost, 'name' | 'directory'> & { readonly engine: { readonly archives: Turnstile } };

/** Of one host. */
export class SentFiles implements Keeper {
  readonly #host: FilesHost;
  readonly #directory: string;
  /** By key, the one that was used last at the end. */
  readonly #places = new Map<string, Place>();

  /** What an earlier engine has left of the kind goes in the background. */
  constructor(host: FilesHost) {
    this.#host = host;
    this.#directory = `${host.directory}/build`;
    // Made when something comes: on a full disk nothing can be made, and yet all can be pruned.
    for (const left of fs.existsSync(this.#directory) ? fs.readdirSync(this.#directory) : [])
      void removeTree(`${this.#directory}/${left}`).catch(() => undefined);
  }

  /**
   * Receives what is wanted of a directory of the client's. `key` is the same for each build of that directory, null where it is not
   * known. Throws GrpcError as `receiveFiles` does, tooLarge, noSpace.
   */
  async receive(
    session: Session,
    wanted: FilesWanted,
    { key, onBytes, signal }: ReceivingOptions & { readonly key: string | null },
  ): Promise<Sent> {
    return await this.put(key, async (directory, before) => {
      const into = new ReceivingInto(directory, { before: before?.list ?? null, maxBytes: maxContextBytes });
      try {
        await receiveFiles(session, wanted, into, { onBytes, signal });
        await into.finish();
      } finally {
        await into.close();
      }
      if (before && into.isSame) return before;
      const list = newList(directory);
      await writeList(list, into.entries);
      return { list, ...amountOf(into.entries), note: '' };
    });
  }

  /** The same for an archive that the client calls `url`. */
  async receiveArchive(session: Session, url: URL, signal: AbortSignal): Promise<Sent> {
    return await this.receiveTar(Readable.from(archivePieces(session, url, signal)), signal);
  }

  /** The same for a tar that comes piece by piece. Throws as `receiveTar` does. */
  async receiveTar(archive: Readable, signal: AbortSignal, key: string | null = null): Promise<Sent> {
    return await this.put(key, async (directory) => {
      const job = { kind: 'sent-receive', directory, list: newList(directory), file: null } as const;
      const { received } = await this.#pass(() =>
        receiveSentTree({ ...job, maxBytes: maxContextBytes }, archive, signal),
      );
      if (!received) throw new Error('an archive that comes is one');
      return { ...received, note: '' };
    });
  }

  /** The files in an archive, which `name` is among those that were sent; null where it is none. */
  async unpack(
    { directory: from, list: fromList }: SentPlace,
    name: string,
    signal: AbortSignal,
  ): Promise<Sent | null> {
    let isArchive = true;
    const sent = await this.put(null, async (directory) => {
      const list = newList(directory);
      const file = { place: { directory: from, list: fromList, without: [] }, name };
      const job = { kind: 'sent-receive', directory, list, file, maxBytes: maxContextBytes } as const;
      const { received } = await this.#pass(() => workOnSentFiles<'sent-receive'>(job, signal));
      isArchive = received !== null;
      if (received) return { ...received, note: '' };
      await writeList(list, []);
      return { list, ...amountOf([]), note: '' };
    });
    if (isArchive) return sent;
    await sent[Symbol.asyncDispose]();
    return null;
  }

  /** Small files among those that were sent, links followed; null where there is none. Throws invalid for one that is too large. */
  async texts(
    { directory, list, without }: SentPlace,
    names: readonly string[],
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<readonly (string | null)[]> {
    const job = { kind: 'sent-texts', place: { directory, list, without }, names, maxBytes } as const;
    return (await this.#pass(() => workOnSentFiles<'sent-texts'>(job, signal))).texts;
  }

  #pass<T>(work: () => Promise<T>): Promise<T> {
    return this.#host.engine.archives.pass(this.#host.name, work);
  }

  /** What `put` has put under a key, without anybody asking for it anew; null where it is not there. */
  async find(key: string): Promise<Sent | null> {
    if (!this.#places.get(key)?.kept) return null;
    return await this.put(key, async (_, before) => {
      if (!before) throw new Error(`${key} is gone`);
      return before;
    });
  }

  /** `fill` puts files into a directory, where no other does meanwhile, and gives what is there then: `before`, or something new. */
  async put(
    key: string | null,
    fill: (directory: string, before: Kept | null) => Promise<Kept>,
  ): Promise<Sent & { readonly note: string }> {
    const place = this.#place(key);
    const { directory } = place;
    place.uses += 1;
    const before = place.turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    place.turn = promise;
    try {
      await before;
      makeDirectory(this.#directory, 0o700);
      makeDirectory(directory, 0o700);
      const kept = await fill(directory, place.kept);
      if (kept !== place.kept) place.isUntidy = true;
      place.kept = kept;
      resolve();
      return { ...kept, directory, without: [], [Symbol.asyncDispose]: () => this.#leave(place) };
    } catch (error) {
      place.isUntidy = true;
      resolve();
      await this.#leave(place);
      throw diskFull(error) ?? error;
    }
  }

  /** With null it is nobody else's, and gone with its user. */
  #place(key: string | null): Place {
    const known = key === null ? undefined : this.#places.get(key);
    const directory = `${this.#directory}/${randomUUID()}`;
    const isKept = key !== null;
    const now = new Date().toISOString();
    const empty = { kept: null, uses: 0, leaving: 0, used: 0, isUntidy: false, turn: Promise.resolve() };
    const place: Place = known ?? { id: newId(), directory, isKept, createdAt: now, usedAt: now, ...empty };
    place.usedAt = now;
    place.used += 1;
    if (key !== null) {
      this.#places.delete(key);
      this.#places.set(key, place);
    }
    return place;
  }

  async #leave(place: Place): Promise<void> {
    place.uses -= 1;
    // In turn: what is being received is in no list yet.
    const cleaned = place.turn.then(() => (place.uses === 0 ? this.#tidy(place) : undefined));
    place.turn = cleaned.catch(() => undefined);
    place.leaving += 1;
    try {
      await cleaned;
    } finally {
      place.leaving -= 1;
    }
    for (const [key, old] of this.#places) {
      if (this.#places.size <= maxKeptContexts) break;
      if (isUsed(old)) continue;
      this.#places.delete(key);
      await removeTree(old.directory);
    }
  }

  async #tidy(place: Place): Promise<void> {
    const { directory, isKept, kept, isUntidy } = place;
    if (!isKept || !kept) return await removeTree(directory);
    if (!isUntidy) return;
    await this.#pass(() => workOnSentFiles<'sent-tidy'>({ kind: 'sent-tidy', directory, list: kept.list }, never));
    place.isUntidy = false;
  }

  async records(): Promise<readonly CacheRecord[]> {
    return [...this.#places].flatMap(([key, { id, kept, uses, leaving, used, createdAt, usedAt }]) => {
      if (!kept) return [];
      const constant = { type: 'source.local', isMutable: true, isShared: false } as const;
      const { bytes } = kept;
      return {
        ...constant,
        id,
        description: describedBy(key),
        bytes,
        inUse: uses + leaving > 0,
        createdAt,
        usedAt,
        uses: used,
      };
    });
  }

  async remove(id: string): Promise<boolean> {
    const [key, place] = [...this.#places].find(([, one]) => one.id === id) ?? [];
    if (key === undefined || !place || isUsed(place)) return false;
    this.#places.delete(key);
    await removeTree(place.directory);
    return true;
  }
}

const isUsed = ({ uses, leaving }: Place): boolean => uses + leaving > 0;

/** What a key says of where it came from. */
function describedBy(key: string): string {
  const [, kind, rest = ''] = /^(url|git) (.*)$/s.exec(key) ?? [];
  if (kind === 'git') return `git snapshot for ${/^\["([^"\\]*)"/.exec(rest)?.[1] ?? 'a repository'}`;
  if (kind === 'url') return `http url ${rest.slice(rest.indexOf(' ') + 1)}`;
  return `local source for ${key.slice(0, key.indexOf(':'))}`;
}

export const newList = (directory: string): string => `${directory}/.list-${randomUUID()}`;
