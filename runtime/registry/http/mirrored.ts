// The end points of repositories of other registries: what is asked for is brought, and then answered as all else that is here.

import { registryClientIdleMs } from '../../limits.ts';
import type { FetchAsker, MirroredRepositories } from '../mirrored.ts';
import { checkDigest } from '../names.ts';
import { requireAccess } from './access.ts';
import { type Exchange, sayJson } from './exchange.ts';
import { pageOf } from './pages.ts';
import type { Route } from './route.ts';

const order = (tag: string): string => tag.toLowerCase();

/** Brings what is asked for, if anything is. True where it has answered, too: the list of tags is the other registry's. */
export async function bringMirrored(
  exchange: Exchange,
  mirrored: MirroredRepositories,
  route: Route & { readonly repository: string },
): Promise<boolean> {
  const { access, method, request, response } = exchange;
  const { repository } = route;
  // Whoever wants to change something is refused as in all repositories that are not theirs.
  if (method !== 'GET') return false;
  requireAccess(access, { type: 'repository', name: repository, actions: ['pull'] });
  const share = access.share ?? access.who ?? request.socket.remoteAddress ?? '';
  const asker: FetchAsker = { share, mayFetch: access.who !== null };
  // Whoever waits neither sends nor takes anything until it is here.
  request.socket.setTimeout(0);
  try {
    switch (route.kind) {
      case 'manifest': {
        const reference = route.reference.includes(':') ? checkDigest(route.reference) : route.reference;
        const stale = await mirrored.bringManifest(repository, reference, asker);
        // RFC 7234 §5.5.1
        if (stale !== null) response.setHeader('Warning', `110 - ${JSON.stringify(stale)}`);
        return false;
      }
      case 'blob':
        await mirrored.bringBlob(repository, checkDigest(route.digest), asker);
        return false;
      case 'tags':
        sayTags(exchange, repository, await mirrored.tags(repository, asker));
        return true;
      default:
        return false;
    }
  } finally {
    request.socket.setTimeout(registryClientIdleMs);
  }
}

function sayTags(exchange: Exchange, repository: string, found: readonly string[]): void {
  const tags = [...found].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const { entries, headers } = pageOf(exchange.query, `/v2/${repository}/tags/list`, (last) =>
    tags.filter((tag) => order(tag) > order(last)),
  );
  sayJson(exchange, { name: repository, tags: entries }, headers);
}
