// The directories that a client has for one build, as it names them: which session serves each, and what of each is not to be sent.

import { WorkBudget } from '../work-budget.ts';
import type { Build } from './builds.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { parseIgnoreFile } from './language/ignore-file.ts';
import { PatternMatcher } from './language/pattern-matcher.ts';
import { LanguageError } from './language/source.ts';
import { receiveTexts, type Texts } from './receive-texts.ts';
import type { ClientDirectory, Result } from './result.ts';

export class ClientFiles {
  readonly #build: Build<Result>;
  readonly #attributes: ReadonlyMap<string, string>;
  /** What the Dockerfile's own ignore file says, which goes before that of the context; null where it has none. */
  ownIgnoreFile: string | null = null;
  readonly #patterns = new Map<string, Promise<readonly string[]>>();

  constructor(build: Build<Result>, attributes: ReadonlyMap<string, string>) {
    this.#build = build;
    this.#attributes = attributes;
  }

  /** The Dockerfile, and its ignore file. */
  dockerfile(filename: string): Promise<Texts> {
    const directory = this.#attributes.get('dockerfilekey') ?? 'dockerfile';
    return receiveTexts(
      this.#build,
      {
        name: `[internal] load build definition from ${filename}`,
        what: 'dockerfile',
        session: this.#sessionOf(directory),
      },
      { directory, followed: [filename, `${filename}.dockerignore`], included: [], excluded: [] },
    );
  }

  /** Reads the patterns of the build context when they are asked for first. */
  ignorePatterns(): Promise<readonly string[]> {
    return this.#patternsOf('context', false);
  }

  /** A directory that the plan names, and how it is asked for. */
  async directory(local: string, isNamed: boolean): Promise<ClientDirectory> {
    const name = this.#nameOf(local, isNamed);
    const ignored = await this.#patternsOf(local, isNamed);
    checkPatterns(ignored);
    return { name, session: this.#sessionOf(name), ignored };
  }

  #nameOf(local: string, isNamed: boolean): string {
    return isNamed ? local : (this.#attributes.get('contextkey') ?? local);
  }

  /** Builds that share a directory are given it by a session of its own. */
  #sessionOf(directory: string): string | null {
    return this.#attributes.get(`local-sessionid:${directory}`) ?? null;
  }

  #patternsOf(local: string, isNamed: boolean): Promise<readonly string[]> {
    const key = `${isNamed} ${local}`;
    const patterns = this.#patterns.get(key) ?? this.#read(local, isNamed);
    this.#patterns.set(key, patterns);
    return patterns;
  }

  async #read(local: string, isNamed: boolean): Promise<readonly string[]> {
    if (!isNamed && this.ownIgnoreFile !== null) return parseIgnoreFile(this.ownIgnoreFile);
    const directory = this.#nameOf(local, isNamed);
    const { texts } = await receiveTexts(
      this.#build,
      {
        name: `[${isNamed ? `context ${local}` : 'internal'}] load .dockerignore`,
        what: isNamed ? local : 'context',
        session: this.#sessionOf(directory),
      },
      { directory, followed: ['.dockerignore'], included: [], excluded: [] },
    );
    return parseIgnoreFile(texts.get('.dockerignore') ?? '');
  }
}

/** Throws GrpcError for a pattern that is none: the client, who would say so too, says it in other words. */
function checkPatterns(patterns: readonly string[]): void {
  try {
    new PatternMatcher(patterns, new WorkBudget());
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error;
    throw new GrpcError(codes.unknown, error.message);
  }
}
