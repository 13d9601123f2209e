// Which images the catalogue has, as far as its folders tell: versions are known once images are built.

import { type KnownImage, knownImages } from '@drydock/runtime/catalogue';

export interface Recipes {
  /** Whether students can pull it, by name or name and tag; one of a version that nobody knows yet counts. */
  readonly offers: (image: string) => boolean;
  /** Whether it is to come from a registry, and was not fetched yet. */
  readonly isUnfetched: (image: string) => boolean;
  /** Names of what is offered, without tags. */
  readonly names: readonly string[];
  /** The tags of one of them that are known; none where there is no such image. */
  readonly tags: (name: string) => readonly string[];
  /** What is wrong with the folder of this name, a line for each mistake; null where nothing is. */
  readonly mistakeIn: (name: string) => string | null;
  /** Those that a host may start from. */
  readonly workspaces: ReadonlySet<string>;
}

const tagsIn = (images: readonly KnownImage[]): readonly string[] => [...new Set(images.flatMap(({ tags }) => tags))];

/** `1.26.3` where `1.26` is a tag and the image has its package's version too, or busybox' own. */
function mayHave(images: readonly KnownImage[], tag: string): boolean {
  const tags = tagsIn(images);
  if (tags.includes(tag)) return true;
  // Of 1 and 1.26 the second says more: 1.25 is none.
  const longest = tags.filter((known) => !tags.some((other) => other.startsWith(`${known}.`)));
  const addsVersion = images.some(({ hasVersion }) => hasVersion);
  return addsVersion && /^\d+(\.\d+)*$/.test(tag) && longest.some((known) => tag.startsWith(`${known}.`));
}

/** `folders` hold the images' folders; `cache` is where they are once they are built. */
export async function readRecipes(folders: readonly string[], cache: string): Promise<Recipes> {
  const all = await knownImages({ cacheDirectory: cache, recipesDirectories: folders });
  const offered = Map.groupBy(
    all.filter((image) => image.offered),
    ({ repository }) => repository,
  );
  const named = (image: string): readonly [images: readonly KnownImage[], tag: string] => {
    const [name = '', tag = 'latest'] = image
      .replace(/^docker\.io\//, '')
      .replace(/^library\//, '')
      .split(/:(?=[^/]*$)/);
    return [offered.get(name) ?? [], tag];
  };
  return {
    names: [...offered.keys()].sort(),
    tags: (name) => tagsIn(offered.get(name) ?? []),
    offers: (image) => mayHave(...named(image)),
    isUnfetched: (image) => {
      const [images, tag] = named(image);
      return images.some(({ source, isThere, tags }) => source === 'registry' && !isThere && tags.includes(tag));
    },
    mistakeIn: (name) =>
      all.find(({ repository, mistake }) => mistake !== null && repository === name)?.mistake ?? null,
    workspaces: new Set(all.map(({ repository }) => repository).filter((name) => name.startsWith('workspace'))),
  };
}
