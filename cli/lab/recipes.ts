// Which images the catalogue's recipes make, as far as the recipes tell: versions are known once they are built.

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

export interface Recipes {
  /** Whether students can pull it, by name or name and tag; one of a version that nobody knows yet counts. */
  readonly offers: (image: string) => boolean;
  /** Names of what is offered, without tags. */
  readonly names: readonly string[];
  /** The tags of one of them that the recipe tells; none where there is no such image. */
  readonly tags: (name: string) => readonly string[];
  /** Those that a host may start from. */
  readonly workspaces: ReadonlySet<string>;
}

interface Recipe {
  readonly offered?: boolean;
  readonly tags?: readonly string[];
  readonly variants?: Readonly<Record<string, { readonly tags?: readonly string[] }>>;
  readonly versionFrom?: string;
  readonly root?: { readonly kind: string };
}

function tagsOf({ tags = [], variants = {} }: Recipe): readonly string[] {
  return [...tags, ...Object.entries(variants).flatMap(([tag, variant]) => [tag, ...(variant.tags ?? [])])];
}

/** `1.26.3` where `1.26` is a tag and the recipe adds a package's version, or busybox' own. */
function mayHave(recipe: Recipe, tag: string): boolean {
  const tags = tagsOf(recipe);
  if (tags.includes(tag)) return true;
  const addsVersion = recipe.versionFrom !== undefined || recipe.root?.kind === 'busybox';
  // Of 1 and 1.26 the second says more: 1.25 is none.
  const longest = tags.filter((known) => !tags.some((other) => other.startsWith(`${known}.`)));
  return addsVersion && /^\d+(\.\d+)*$/.test(tag) && longest.some((known) => tag.startsWith(`${known}.`));
}

/** `folder` holds the recipes. */
export async function readRecipes(folder: string): Promise<Recipes> {
  const recipes = new Map<string, Recipe>();
  for (const name of await readdir(folder)) {
    const text = await readFile(path.join(folder, name, 'recipe.json'), 'utf8').catch(() => null);
    // The engine reads recipes strictly; here they are only asked for what they are called.
    if (text !== null) recipes.set(name, JSON.parse(text) as Recipe);
  }
  const offered = [...recipes].filter(([, recipe]) => recipe.offered !== false);
  return {
    names: offered.map(([name]) => name).sort(),
    tags: (name) => {
      const recipe = recipes.get(name);
      return recipe === undefined || recipe.offered === false ? [] : tagsOf(recipe);
    },
    offers: (image) => {
      const [name = '', tag = 'latest'] = image
        .replace(/^docker\.io\//, '')
        .replace(/^library\//, '')
        .split(':');
      const recipe = recipes.get(name);
      return recipe !== undefined && recipe.offered !== false && mayHave(recipe, tag);
    },
    workspaces: new Set([...recipes.keys()].filter((name) => name.startsWith('workspace'))),
  };
}
