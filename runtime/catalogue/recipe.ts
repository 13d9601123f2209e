// A recipe of the catalogue: a folder with `recipe.json`, and where needed `setup.sh` and `files/`. Data, not code.

import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { EngineError } from '../errors.ts';

const word = z.string().regex(/^[a-z0-9][a-z0-9.+-]*$/);
const emptyObjects = z.record(z.string(), z.strictObject({}));

const recipeSchema = z.strictObject({
  /** One sentence for whoever reads the recipe. */
  summary: z.string(),
  tags: z.array(word).min(1),
  /** False for an image that is only for the engine's own use and that nobody can pull. */
  offered: z.boolean().default(true),
  /** What the root file system starts from. */
  root: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('debian'), suite: word }),
    /** Another recipe: its layers, and one more. */
    z.strictObject({ kind: z.literal('image'), name: word }),
    /** The machine's own static busybox and a link for each of its applets. */
    z.strictObject({ kind: z.literal('busybox') }),
    /** One program, `/hello`, that prints a file of the recipe. */
    z.strictObject({ kind: z.literal('message'), file: word }),
  ]),
  packages: z.array(word).default([]),
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
  }),
});

export interface Recipe extends z.output<typeof recipeSchema> {
  readonly name: string;
  readonly directory: string;
  /** Changes with everything that the image is made from except the packages' versions and the machine's busybox. */
  readonly key: string;
}

/** Raised when the way that recipes become images changes, so that older images in the cache are not taken for new ones. */
const builderVersion = 1;
/** Hex digits of the key: enough for a cache of a dozen images. */
const keyDigits = 16;

/** All recipes below `directory`, by name. Throws invalid, naming the recipe and what is wrong with it. */
export function readRecipes(directory: string): Map<string, Recipe> {
  const recipes = new Map<string, Recipe>();
  const visit = (name: string, above: readonly string[]): Recipe => {
    const known = recipes.get(name);
    if (known) return known;
    if (above.includes(name)) throw new EngineError('invalid', `recipe ${name} is based on itself`);
    const recipe = readRecipe(directory, name, (base) => visit(base, [...above, name]));
    recipes.set(name, recipe);
    return recipe;
  };
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) visit(entry.name, []);
  }
  return recipes;
}

function readRecipe(recipes: string, name: string, base: (name: string) => Recipe): Recipe {
  const directory = `${recipes}/${name}`;
  const path = `${directory}/recipe.json`;
  if (!existsSync(path)) throw new EngineError('invalid', `recipe ${name} has no recipe.json`);
  const text = readFileSync(path, 'utf8');
  const parsed = recipeSchema.safeParse(parseJson(text, name));
  if (!parsed.success) throw new EngineError('invalid', `recipe ${name}: ${z.prettifyError(parsed.error)}`);
  const hash = createHash('sha256').update(`${builderVersion}\0${process.arch}\0${name}\0${text}\0`);
  if (parsed.data.root.kind === 'image') hash.update(base(parsed.data.root.name).key);
  hashFiles(hash, directory, '');
  return { ...parsed.data, name, directory, key: hash.digest('hex').slice(0, keyDigits) };
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
