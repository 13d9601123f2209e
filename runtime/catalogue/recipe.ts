// A recipe of the catalogue: a folder with `recipe.json`, and where needed `setup.sh` and `files/`. Data, not code.

import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { goArchitecture } from '../images/architecture.ts';

const word = z.string().regex(/^[a-z0-9][a-z0-9.+-]*$/);
const emptyObjects = z.record(z.string(), z.strictObject({}));

const rootSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('debian'), suite: word }),
  /** Another recipe, `debian` or `debian:12`: its layers, and one more. */
  z.strictObject({
    kind: z.literal('image'),
    name: z.string().regex(/^[a-z0-9][a-z0-9.+-]*(:[a-z0-9][a-z0-9.+-]*)?$/),
  }),
  /** The machine's own static busybox and a link for each of its applets. */
  z.strictObject({ kind: z.literal('busybox') }),
  /** One program, `/hello`, that prints a file of the recipe. */
  z.strictObject({ kind: z.literal('message'), file: word }),
]);

const commonSchema = z.strictObject({
  /** One sentence for whoever reads the recipe. */
  summary: z.string(),
  /** False for an image that is only for the engine's own use and that nobody can pull. */
  offered: z.boolean().default(true),
  /** The only architecture, in Go's words, that the image can be built for; it is left out elsewhere. */
  architecture: z.enum(['amd64', 'arm64']).optional(),
  packages: z.array(word).default([]),
  /** Whether the packages bring their manual pages, in English. */
  manuals: z.boolean().default(false),
  /** The package whose version becomes tags: 8, 8.0 and 8.0.2. */
  versionFrom: word.optional(),
  compression: z.enum(['gzip', 'zstd']).default('gzip'),
  config: z.strictObject({
    User: z.string().optional(),
    ExposedPorts: emptyObjects.optional(),
    Env: z.array(z.string()).optional(),
    Entrypoint: z.array(z.string()).optional(),
    Cmd: z.array(z.string()).optional(),
    WorkingDir: z.string().optional(),
    Labels: z.record(z.string(), z.string()).optional(),
    StopSignal: z.string().optional(),
    Volumes: emptyObjects.optional(),
  }),
});

const oneSchema = commonSchema.extend({
  tags: z.array(word).min(1),
  /** What the root file system starts from. */
  root: rootSchema,
});

/** Several images of one name that differ in what they start from. Each is tagged with its key here, and with `tags`. */
const variantsSchema = commonSchema.extend({
  variants: z.record(word, z.strictObject({ tags: z.array(word).default([]), root: rootSchema })),
});

export interface Recipe extends z.output<typeof oneSchema> {
  /** Unique among the recipes, and fit for a file name: `nginx`, or of a variant `redis-8`. */
  readonly name: string;
  /** What it is pulled by: `redis`. */
  readonly repository: string;
  /** The recipe that this one is based on, or null. */
  readonly base: Recipe | null;
  /** The Debian release that its packages come from, or null where it has none. */
  readonly suite: string | null;
  readonly directory: string;
  /** Changes with everything that the image is made from except the packages' versions and the machine's busybox. */
  readonly key: string;
}

/** Raised when the way that recipes become images changes, so that older images in the cache are not taken for new ones. */
const builderVersion = 3;
/** Hex digits of the key: enough for a cache of a dozen images. */
const keyDigits = 16;

/**
 * All recipes below `directory` that this machine's architecture can have, by name. Throws invalid, naming the recipe and
 * what is wrong with it.
 */
export function readRecipes(directory: string): Map<string, Recipe> {
  const folders = new Map<string, readonly Recipe[]>();
  const visit = (folder: string, above: readonly string[]): readonly Recipe[] => {
    const known = folders.get(folder);
    if (known) return known;
    if (above.includes(folder)) throw new EngineError('invalid', `recipe ${folder} is based on itself`);
    const read = readFolder(directory, folder, (image) => {
      const [name = '', tag = 'latest'] = image.split(':');
      const found = existsSync(`${directory}/${name}`)
        ? visit(name, [...above, folder]).find((recipe) => recipe.tags.includes(tag))
        : undefined;
      if (!found) throw new EngineError('invalid', `recipe ${folder} is based on ${image}, and no recipe makes that`);
      return found;
    });
    folders.set(folder, read);
    return read;
  };
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) visit(entry.name, []);
  }
  const offered = [...folders.values()]
    .flat()
    .filter((recipe) => (recipe.architecture ?? goArchitecture) === goArchitecture);
  return new Map(offered.map((recipe) => [recipe.name, recipe]));
}

/** The one recipe of a folder, or one for each of its variants. */
function readFolder(recipes: string, folder: string, baseOf: (image: string) => Recipe): readonly Recipe[] {
  const directory = `${recipes}/${folder}`;
  const path = `${directory}/recipe.json`;
  if (!existsSync(path)) throw new EngineError('invalid', `recipe ${folder} has no recipe.json`);
  const text = readFileSync(path, 'utf8');
  const json = parseJson(text, folder);
  const hash = createHash('sha256').update(`${builderVersion}\0${process.arch}\0${folder}\0${text}\0`);
  hashFiles(hash, directory, '');
  const made = hash.digest('hex');

  const complete = (name: string, one: z.output<typeof oneSchema>): Recipe => {
    const base = one.root.kind === 'image' ? baseOf(one.root.name) : null;
    const suite = one.root.kind === 'debian' ? one.root.suite : (base?.suite ?? null);
    if (one.packages.length > 0 && suite === null) {
      throw new EngineError('invalid', `recipe ${name} has packages, and is not based on Debian`);
    }
    const key = createHash('sha256')
      .update(`${made}\0${name}\0${base?.key ?? ''}`)
      .digest('hex');
    return { ...one, name, repository: folder, base, suite, directory, key: key.slice(0, keyDigits) };
  };

  if (typeof json !== 'object' || json === null || !('variants' in json)) {
    return [complete(folder, parse(oneSchema, json, folder))];
  }
  const { variants, ...common } = parse(variantsSchema, json, folder);
  return Object.entries(variants).map(([variant, { tags, root }]) =>
    complete(`${folder}-${variant}`, { ...common, root, tags: [variant, ...tags] }),
  );
}

function parse<T extends z.ZodType>(schema: T, json: unknown, folder: string): z.output<T> {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new EngineError('invalid', `recipe ${folder}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EngineError('invalid', `recipe ${name}: recipe.json is not JSON`, { cause: error });
  }
}

/** Every file's name, executable bit and content. Other permissions come from the clone's umask and mean nothing. */
function hashFiles(hash: ReturnType<typeof createHash>, directory: string, prefix: string): void {
  for (const name of readdirSync(directory).sort()) {
    const path = `${directory}/${name}`;
    const stat = lstatSync(path);
    if (stat.isDirectory()) hashFiles(hash, path, `${prefix}${name}/`);
    else if (stat.isFile()) {
      const content = readFileSync(path);
      hash.update(`${prefix}${name}\0${stat.mode & 0o100}\0${content.length}\0`).update(content);
    } else throw new EngineError('invalid', `${path} is neither a file nor a directory`);
  }
}
