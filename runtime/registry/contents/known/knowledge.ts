// What this machine knows of Debian's packages beside what is in images: the lists of the suites, and a feed of known vulnerabilities. Both
// are files that are on the machine; they are read when somebody asks first, and again when they have changed.

import { mkdirSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type {
  HubPackage,
  HubUnknown,
  HubUpdates,
  HubVulnerabilities,
  HubVulnerability,
  HubVulnerabilityStatus,
} from '../../../client-hub-contents.ts';
import { lookUpSlice, maxToldVulnerabilities } from '../../../limits.ts';
import type { Content, Release } from '../content.ts';
import { Derived, metaOf } from './derived.ts';
import { type FeedPlace, findFeed } from './find-feed.ts';
import { findLists } from './lists.ts';
import { newerOf, suitesOf } from './updates.ts';
import { feedTellsOf, inOrder, sourcesOf, statuses, vulnerabilitiesOf } from './vulnerabilities.ts';

export interface KnowledgeOptions {
  /** For its tables: made where it is missing. */
  readonly directory: string;
  readonly feed: FeedPlace;
  /** Where lists of packages are, as apt keeps them. */
  readonly listDirectories: readonly string[];
  /** How often we look whether they have changed, where not as usual. */
  readonly checkMs?: number;
  readonly log: Logger;
}

export interface Known {
  readonly packages: readonly HubPackage[];
  readonly updates: HubUpdates | HubUnknown;
  readonly vulnerabilities: HubVulnerabilities | HubUnknown;
}

const unknown = (why: string): HubUnknown => ({ known: false, why });

export class Knowledge implements AsyncDisposable {
  readonly #feed: Derived;
  readonly #lists: Derived;

  constructor({ directory, feed, listDirectories, checkMs, log }: KnowledgeOptions) {
    const common = { log, ...(checkMs !== undefined && { checkMs }) };
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#feed = new Derived({ place: `${directory}/vulnerabilities.db`, find: () => findFeed(feed), ...common });
    this.#lists = new Derived({ place: `${directory}/packages.db`, find: () => findLists(listDirectories), ...common });
  }

  /** Takes up what is new, and waits for it until `patience` says not to. */
  async refresh(patience: AbortSignal): Promise<void> {
    await Promise.all([this.#feed.look(), this.#lists.look()]);
    await Promise.all([this.#feed.settled(patience), this.#lists.settled(patience)]);
  }

  async of(content: Content): Promise<Known> {
    const { packages, updates } = await this.#updates(content);
    return { packages, updates, vulnerabilities: await this.#vulnerabilities(content) };
  }

  async #updates({ release, packages }: Content): Promise<Pick<Known, 'packages' | 'updates'>> {
    const without = packages.map((one): HubPackage => ({ ...one, newer: null }));
    const name = release?.name ?? 'the image’s release';
    const none = (why: string) => ({ packages: without, updates: unknown(why) });
    const { tables } = this.#lists;
    if (!tables)
      return none(
        this.#lists.isReading
          ? 'The lists of Debian’s packages are being read: ask again in a moment.'
          : withProblem(`This machine has no list of the packages of ${name}.`, this.#lists.problem),
      );
    if (release?.id !== 'debian') return none(`${name} is not Debian’s: nothing is known of its newer packages.`);
    const suites = suitesOf(tables, release.codename);
    if (!suites.some(({ name: suite }) => suite === release.codename))
      return none(`This machine has no list of the packages of ${name}.`);
    const newer: HubPackage['newer'][] = [];
    for (let n = 0; n < packages.length; n += lookUpSlice) {
      if (this.#lists.tables !== tables) return await this.#updates({ release, packages });
      newer.push(...newerOf(tables, release.codename, packages.slice(n, n + lookUpSlice)));
      await nextTurn();
    }
    return {
      packages: without.map((one, n) => ({ ...one, newer: newer[n] ?? null })),
      updates: { known: true, suites, problem: this.#lists.problem, many: newer.filter((one) => one !== null).length },
    };
  }

  async #vulnerabilities(content: Content): Promise<HubVulnerabilities | HubUnknown> {
    const { release } = content;
    const { tables, problem, isReading } = this.#feed;
    if (!tables)
      return unknown(
        isReading
          ? 'The feed of known vulnerabilities is being read: ask again in a moment.'
          : withProblem('This machine has no feed of known vulnerabilities.', problem),
      );
    if (release?.id !== 'debian' || !feedTellsOf(tables, release))
      return unknown(`The feed of known vulnerabilities says nothing of ${release?.name ?? 'the image’s release'}.`);
    const found = await this.#judge(tables, release, content);
    if (!found) return await this.#vulnerabilities(content);
    const counts = Object.fromEntries(
      statuses.map((status) => [status, found.all.filter((one) => one.status === status).length]),
    ) as Record<HubVulnerabilityStatus, number>;
    return {
      known: true,
      feed: metaOf(tables, 'feed') === 'osv' ? 'osv' : 'debian',
      date: metaOf(tables, 'date') ?? '',
      problem,
      found: inOrder(found.all).slice(0, maxToldVulnerabilities),
      more: Math.max(0, found.all.length - maxToldVulnerabilities),
      counts,
      undetermined: found.undetermined,
    };
  }

  /** Null where another feed has come meanwhile. */
  async #judge(
    tables: DatabaseSync,
    release: Release,
    { packages }: Content,
  ): Promise<{ readonly all: readonly HubVulnerability[]; readonly undetermined: number } | null> {
    const sources = sourcesOf(packages);
    const all: HubVulnerability[] = [];
    let undetermined = 0;
    for (let n = 0; n < sources.length; n += lookUpSlice) {
      const some = vulnerabilitiesOf(tables, release, sources.slice(n, n + lookUpSlice));
      all.push(...some.found);
      undetermined += some.undetermined;
      await nextTurn();
      if (this.#feed.tables !== tables) return null;
    }
    return { all, undetermined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#feed[Symbol.asyncDispose]();
    await this.#lists[Symbol.asyncDispose]();
  }
}

function withProblem(sentence: string, problem: string | null): string {
  return problem === null ? sentence : `${sentence} What is there cannot be used: ${problem}.`;
}
