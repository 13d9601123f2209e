// The lists of a registry: the tags of a repository, its referrers, and all repositories.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { catalogSliceRows, largeDocumentBytes, maxReferrersBytes } from '../../limits.ts';
import { mediaTypes } from '../media-types.ts';
import { checkDigest, isDigest } from '../names.ts';
import type { Referrer } from '../referrers.ts';
import { requireAccess } from './access.ts';
import { type Exchange, notAllowed, say, sayJson } from './exchange.ts';
import { type Large, sendLarge } from './large.ts';
import { nextPage, pageOf, wantedOf } from './pages.ts';

/** `/v2/NAME/tags/list` */
export function tagsEndpoint(exchange: Exchange, repository: string): void {
  const { registry, access, method, query } = exchange;
  if (method !== 'GET') notAllowed(['GET', 'HEAD']);
  requireAccess(access, { type: 'repository', name: repository, actions: ['pull'] });
  registry.repositories.need(repository);
  const { entries, headers } = pageOf(query, `/v2/${repository}/tags/list`, (last) =>
    registry.manifests.tagsAfter(repository, last),
  );
  sayJson(exchange, { name: repository, tags: entries }, headers);
}

/** `/v2/_catalog`: those that the asker may pull, and the official ones, which are in order. */
export async function catalogEndpoint(exchange: Exchange, official: readonly string[]): Promise<void> {
  const { access, method, query } = exchange;
  if (method !== 'GET') notAllowed(['GET', 'HEAD']);
  requireAccess(access, { type: 'catalog' });
  const wanted = wantedOf(query);
  const names: string[] = [];
  // One more tells that there is another page.
  if (wanted > 0)
    for await (const name of visibleAfter(query.get('last') ?? '', exchange, official))
      if (names.push(name) > wanted) break;
  const { entries, headers } = pageOf(query, '/v2/_catalog', () => names);
  sayJson(exchange, { repositories: entries }, headers);
}

/** There may be thousands that the asker may not see: others have the event loop in between. */
async function* visibleAfter(
  first: string,
  { registry, access }: Exchange,
  official: readonly string[],
): AsyncGenerator<string> {
  let others = official.filter((name) => name > first);
  for (let last: string | undefined = first; last !== undefined; await nextTurn()) {
    const names = registry.repositories.after(last, catalogSliceRows);
    for (const name of names) {
      yield* others.filter((other) => other < name);
      others = others.filter((other) => other > name);
      const isTold = access.lists?.(name) ?? access.allows({ type: 'repository', name, actions: ['pull'] });
      if (isTold && !official.includes(name)) yield name;
    }
    last = names.length < catalogSliceRows ? undefined : names.at(-1);
  }
  yield* others;
}

/** `/v2/NAME/referrers/DIGEST` */
export async function referrersEndpoint(exchange: Exchange, repository: string, digest: string): Promise<void> {
  const { access, method } = exchange;
  if (method !== 'GET') notAllowed(['GET', 'HEAD']);
  requireAccess(access, { type: 'repository', name: repository, actions: ['pull'] });
  const subject = checkDigest(digest);
  const page = referrersPage(exchange, repository, subject);
  if (page.text.length <= largeDocumentBytes) return say(exchange, 200, page.headers, page.text);
  await sendLarge(exchange, 200, () => referrersPage(exchange, repository, subject));
}

function referrersPage({ registry, query }: Exchange, repository: string, subject: string): Large {
  const artifactType = query.get('artifactType');
  const given = query.get('last') ?? '';
  const last = isDigest(given) ? given : '';
  const manifests: Referrer[] = [];
  let bytes = 0;
  let headers = {};
  for (const referrer of registry.referrers({ repository, subject, last, artifactType })) {
    bytes += JSON.stringify(referrer).length;
    if (bytes > maxReferrersBytes && manifests.length > 0) {
      headers = nextPage(`/v2/${repository}/referrers/${subject}`, {
        ...(artifactType !== null && { artifactType }),
        last: manifests.at(-1)?.digest ?? '',
      });
      break;
    }
    manifests.push(referrer);
  }
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests };
  const filters = artifactType === null ? {} : { 'OCI-Filters-Applied': 'artifactType' };
  return { headers: { 'Content-Type': mediaTypes.ociIndex, ...filters, ...headers }, text: JSON.stringify(index) };
}
