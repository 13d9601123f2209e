// The recipes of the catalogue: a folder for each image, with a Dockerfile, or the name of an image that is somewhere else.

import { createHash, type Hash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { EngineError } from '../errors.ts';
import { goArchitecture } from '../images/architecture.ts';
import { canonical, parseReference, withDefaultTag } from '../images/reference.ts';
import { type BaseRoot, baseRepository, baseRootNamed } from './base-roots.ts';
import { imagesOfDockerfile } from './dockerfile-images.ts';
import { type ImageFile, noImageFile, parseImageFile } from './image-file.ts';

/** What an image is made of. */
export type Source =
  | { readonly kind: 'base'; readonly root: BaseRoot }
  | { readonly kind: 'dockerfile'; readonly args: Readonly<Record<string, string>> }
  /** As `from` says it. */
  | { readonly kind: 'registry'; readonly reference: string }
  /** A file or a directory. */
  | { readonly kind: 'archive'; readonly path: string }
  /** An OCI layout that somebody has imported. */
  | { readonly kind: 'import'; readonly layout: string }
  /** Nothing can be made of the folder. */
  | { readonly kind: 'mistake'; readonly message: string };

export interface Recipe extends Pick<ImageFile, 'summary' | 'offered' | 'architecture' | 'version' | 'compression'> {
  /** Unique among the recipes, and fit for a file name: `nginx`, or of a variant `redis-8`. */
  readonly name: string;
  /** What it is pulled by: `redis`. */
  readonly repository: string;
  readonly tags: readonly string[];
  readonly source: Source;
  /** The images of the catalogue that its Dockerfile is built on, by their canonical references. */
  readonly bases: ReadonlyMap<string, Recipe>;
  /** Those of registries that it is built on, by their references. */
  readonly foreign: readonly string[];
  /** The folder; empty for a base. */
  readonly directory: string;
  /** Changes with everything that the image is made from except what its packages or its registry have by then. */
  readonly key: string;
}

export interface Recipes {
  /** By name: those that this machine's architecture can have, and the bases that they need. */
  readonly recipes: ReadonlyMap<string, Recipe>;
  /** By the name of a folder: what is wrong with it, a line for each mistake. */
  readonly mistakes: ReadonlyMap<string, string>;
}

/** Raised when the way that recipes become images changes, so that older images in the cache are not taken for new ones. */
const builderVersion = 4;
/** Hex digits of the key: enough for a cache of a dozen images. */
const keyDigits = 16;
/** As a component of a repository's name. */
const folderName = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** The first of `directories` with a folder of some name has it. A folder with a mistake is none; those that need it say so. */
export async function readRecipes(directories: readonly string[]): Promise<Recipes> {
  return await new Reader(directories).all();
}

class Reader {
  readonly #folders = new Map<string, string>();
  readonly #read = new Map<string, Promise<readonly Recipe[]>>();
  readonly #bases = new Map<string, Recipe>();
  readonly #mistakes = new Map<string, string>();

  constructor(directories: readonly string[]) {
    for (const directory of directories) {
      if (!lstatSync(directory, { throwIfNoEntry: false })?.isDirectory()) continue;
      for (const entry of readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
        if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
        const [place, other] = [`${directory}/${entry.name}`, this.#folders.get(entry.name)];
        if (other === undefined) this.#folders.set(entry.name, place);
        else this.#mistakes.set(place, `${place}: ${other} has an image of this name already: call it otherwise`);
      }
    }
  }

  async all(): Promise<Recipes> {
    const recipes = new Map<string, Recipe>();
    for (const folder of this.#folders.keys()) {
      try {
        for (const recipe of await this.#folder(folder, []))
          if ((recipe.architecture ?? goArchitecture) === goArchitecture) recipes.set(recipe.name, recipe);
      } catch (error) {
        // What the file system says of one folder, which somebody may be changing, must not take the others away.
        const place = error instanceof EngineError ? '' : `${this.#folders.get(folder)} cannot be read: `;
        this.#mistakes.set(folder, `${place}${(error as Error).message}`);
      }
    }
    for (const base of this.#bases.values()) recipes.set(base.name, base);
    return { recipes, mistakes: this.#mistakes };
  }

  #folder(folder: string, above: readonly string[]): Promise<readonly Recipe[]> {
    if (above.includes(folder))
      throw new EngineError('invalid', `the image ${folder} is built on itself: ${[...above, folder].join(' on ')}`);
    const known = this.#read.get(folder) ?? this.#readFolder(folder, this.#folders.get(folder) ?? '', above);
    this.#read.set(folder, known);
    return known;
  }

  /** The one recipe of a folder, or one for each of its variants. Throws invalid. */
  async #readFolder(folder: string, directory: string, above: readonly string[]): Promise<readonly Recipe[]> {
    if (!folderName.test(folder))
      throw new EngineError('invalid', `${directory}: an image is named with a-z, 0-9 and . _ - between them`);
    const path = `${directory}/image.yaml`;
    for (const file of ['image.yaml', 'Dockerfile', '.dockerignore']) refuseLink(`${directory}/${file}`);
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const said = text === '' ? noImageFile : parseImageFile(text, path);
    const made = createHash('sha256').update(`${builderVersion}\0${process.arch}\0${folder}\0`);
    hashFiles(made, directory, '', said.archive ?? null);
    const digest = made.digest('hex');
    const complete = async (name: string, tags: readonly string[], args: ImageFile['args']): Promise<Recipe> => {
      const source = sourceOf(directory, said, { ...said.args, ...args });
      const { bases, foreign } = await this.#basesOf(source, directory, [...above, folder]);
      const below = [...bases].map(([reference, { key }]) => `${reference} ${key}`);
      const key = createHash('sha256')
        .update([digest, name, ...below].join('\0'))
        .digest('hex')
        .slice(0, keyDigits);
      const { summary, offered, architecture, version, compression } = said;
      const common = { summary, offered, architecture, version, compression };
      return { ...common, name, repository: folder, tags, source, bases, foreign, directory, key };
    };
    if (!said.variants) return [await complete(folder, said.tags ?? ['latest'], {})];
    const variants = Object.entries(said.variants);
    return await Promise.all(
      variants.map(([variant, { tags, args }]) => complete(`${folder}-${variant}`, [variant, ...tags], args)),
    );
  }

  async #basesOf(
    source: Source,
    directory: string,
    above: readonly string[],
  ): Promise<Pick<Recipe, 'bases' | 'foreign'>> {
    const bases = new Map<string, Recipe>();
    const foreign: string[] = [];
    if (source.kind !== 'dockerfile') return { bases, foreign };
    const file = `${directory}/Dockerfile`;
    for (const written of await imagesOfDockerfile(readFileSync(file, 'utf8'), source.args, file)) {
      const reference = withDefaultTag(parseReference(written));
      const base = await this.#baseOf(reference, file, above);
      if (base) bases.set(canonical(reference), base);
      else foreign.push(canonical(reference));
    }
    return { bases, foreign };
  }

  /** Null for an image that the catalogue does not make: it is fetched from its registry. */
  async #baseOf(
    reference: ReturnType<typeof parseReference>,
    file: string,
    above: readonly string[],
  ): Promise<Recipe | null> {
    const { domain, path, tag = 'latest', digest } = reference;
    if (digest !== undefined) return null;
    if (`${domain}/${path}` === baseRepository) return this.#base(tag, file);
    const folder = domain === 'docker.io' && path.startsWith('library/') ? path.slice('library/'.length) : '';
    if (!this.#folders.has(folder)) return null;
    const made = await this.#folder(folder, above);
    return made.find(({ tags }) => tags.includes(tag)) ?? null;
  }

  #base(tag: string, file: string): Recipe {
    const known = this.#bases.get(tag);
    if (known) return known;
    let root: BaseRoot;
    try {
      root = baseRootNamed(tag);
    } catch (error) {
      throw new EngineError('invalid', `${file}: ${(error as Error).message}`, { cause: error });
    }
    const key = createHash('sha256').update(`${builderVersion}\0${process.arch}\0base\0${tag}`).digest('hex');
    const base: Recipe = {
      ...{ summary: '', offered: false, architecture: undefined, version: undefined },
      compression: root.kind === 'debian' && root.manuals ? 'zstd' : 'gzip',
      name: `base-${tag}`,
      repository: 'drydock/base',
      tags: [tag],
      source: { kind: 'base', root },
      bases: new Map(),
      foreign: [],
      directory: '',
      key: key.slice(0, keyDigits),
    };
    this.#bases.set(tag, base);
    return base;
  }
}

/** What is read is in the folder: whoever may write there need not be trusted with the machine. Throws invalid. */
function refuseLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new EngineError('invalid', `${path} is a link: put the file itself into the folder`);
}

/** Throws invalid where there is nothing to make the image of, or too much. */
function sourceOf(directory: string, { from, archive }: ImageFile, args: ImageFile['args']): Source {
  const hasDockerfile = existsSync(`${directory}/Dockerfile`);
  if (hasDockerfile && (from ?? archive) !== undefined)
    throw new EngineError(
      'invalid',
      `${directory}: there is a Dockerfile, and image.yaml names an image from elsewhere: one of the two is too much`,
    );
  if (from !== undefined) {
    try {
      return { kind: 'registry', reference: canonical(withDefaultTag(parseReference(from))) };
    } catch (error) {
      throw new EngineError('invalid', `${directory}/image.yaml: from: ${(error as Error).message}`, { cause: error });
    }
  }
  if (archive !== undefined) {
    for (const [i] of archive.split('/').entries())
      refuseLink(
        `${directory}/${archive
          .split('/')
          .slice(0, i + 1)
          .join('/')}`,
      );
    if (existsSync(`${directory}/${archive}`)) return { kind: 'archive', path: `${directory}/${archive}` };
    throw new EngineError('invalid', `${directory}/image.yaml: archive: there is no ${archive} in this folder`);
  }
  if (hasDockerfile) return { kind: 'dockerfile', args };
  throw new EngineError(
    'invalid',
    `${directory}: there is no Dockerfile, nor an image.yaml with \`from\` or \`archive\``,
  );
}

/** A file that has more is not read for its recipe's key: the engine's other work would wait. */
const maxHashedBytes = 32 * 1024 * 1024;

/**
 * Every file's name, executable bit and content; of `archive` and of large files size and time. Other permissions come from the clone's
 * umask and mean nothing.
 */
function hashFiles(hash: Hash, directory: string, prefix: string, archive: string | null): void {
  for (const name of readdirSync(directory).sort()) {
    const path = `${directory}/${name}`;
    const stat = lstatSync(path);
    if (`${prefix}${name}` === archive) {
      const { size, mtimeMs } = statSync(stat.isDirectory() ? `${path}/index.json` : path);
      hash.update(`${prefix}${name}\0${size}\0${mtimeMs}\0`);
    } else if (stat.isFile() && stat.size > maxHashedBytes) {
      hash.update(`${prefix}${name}\0${stat.mode & 0o100}\0${stat.size}\0${stat.mtimeMs}\0`);
    } else if (stat.isDirectory()) hashFiles(hash, path, `${prefix}${name}/`, archive);
    else if (stat.isSymbolicLink()) hash.update(`${prefix}${name}\0link\0${readlinkSync(path)}\0`);
    else if (stat.isFile()) {
      const content = readFileSync(path);
      hash.update(`${prefix}${name}\0${stat.mode & 0o100}\0${content.length}\0`).update(content);
    } else throw new EngineError('invalid', `${path} is neither a file, nor a directory, nor a link`);
  }
}
