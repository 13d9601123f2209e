// The end points of repositories of other registries: what is asked for is brought, and then answered as all else that is here.

import type { FetchAsker, MirroredRepositories } from '../mirrored.ts';
import { checkDigest } from '../names.ts';
import { requireAccess } from './access.ts';
import { type Exchange, sayJson } from './exchange.ts';
import { pageOf } from './pages.ts';
import type { Route } from './route.ts';

const order = (tag: string): string => tag.toLowerCase();

export async function mirroredEndpoint(
  exchange: Exchange,
  mirrored: MirroredRepositories,
  route: Route & { readonly repository: string },
  answer: () => Promise<void>,
): Promise<void> {
  const { access, method, request, response, query } = exchange;
  const { repository } = route;
  // Whoever wants to change something is refused as in all repositories that are not theirs.
  if (method !== 'GET') return await answer();
  requireAccess(access, { type: 'repository', name: repository, actions: ['pull'] });
  const share = access.share ?? access.who ?? request.socket.remoteAddress ?? '';
  const asker: FetchAsker = { share, mayFetch: access.who !== null };
  if (route.kind === 'manifest') {
    const reference = route.reference.includes(':') ? checkDigest(route.reference) : route.reference;
    const stale = await mirrored.bringManifest(repository, reference, asker);
    // RFC 7234 §5.5.1
    if (stale !== null) response.setHeader('Warning', `110 - ${JSON.stringify(stale)}`);
  } else if (route.kind === 'blob') await mirrored.bringBlob(repository, checkDigest(route.digest), asker);
  else if (route.kind === 'tags') {
    const tags = [...(await mirrored.tags(repository, asker))].sort((a, b) => (order(a) < order(b) ? -1 : 1));
    const { entries, headers } = pageOf(query, `/v2/${repository}/tags/list`, (last) =>
      tags.filter((tag) => order(tag) > order(last)),
    );
    return sayJson(exchange, { name: repository, tags: entries }, headers);
  }
  await answer();
}
