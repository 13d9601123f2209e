// The tags of a repository, page by page.

import { z } from 'zod';
import { maxManifestBytes, maxReferencesPerHost } from '../limits.ts';
import { readJson } from './document.ts';
import { RegistryFailure } from './failure.ts';
import type { Repository } from './repository.ts';
import { urlIn } from './transport.ts';

const pageSchema = z.object({ tags: z.array(z.string()).nullish() });
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

const maxPages = 100;

/** Each once; no more than a host may have names of images. Throws RegistryFailure. */
export async function listTags(repository: Repository): Promise<string[]> {
  const tags = new Set<string>();
  const seen = new Set<string>();
  for (let url: URL | null = repository.at('tags/list'); url && !seen.has(url.href) && seen.size < maxPages; ) {
    seen.add(url.href);
    const incoming = await repository.ask({ method: 'GET', url }, [200]);
    const { data } = pageSchema.safeParse(await readJson(incoming, maxManifestBytes));
    if (!data) throw new RegistryFailure('the list of tags is not well formed', { kind: 'broken' });
    for (const tag of data.tags ?? []) if (tagPattern.test(tag)) tags.add(tag);
    if (tags.size > maxReferencesPerHost)
      throw new RegistryFailure(
        `the repository has more tags than the ${maxReferencesPerHost} that a host may have names: pull those that you need`,
        { kind: 'broken' },
      );
    const next = /<([^>]{1,4096})>\s*;\s*rel="?next"?/.exec(String(incoming.headers.link ?? ''))?.[1];
    url = next === undefined ? null : urlIn(next, incoming.url);
  }
  return [...tags];
}
