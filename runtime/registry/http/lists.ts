// The lists of a registry: the tags of a repository, its referrers, and all repositories.

import { maxReferrersBytes } from '../../limits.ts';
import { mediaTypes } from '../media-types.ts';
import { checkDigest, isDigest } from '../names.ts';
import type { Referrer } from '../referrers.ts';
import { requireAccess } from './access.ts';
import { type Exchange, notAllowed, say, sayJson } from './exchange.ts';
import { nextPage, pageOf } from './pages.ts';

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
export function catalogEndpoint(exchange: Exchange, official: readonly string[]): void {
  const { registry, access, method, query } = exchange;
  if (method !== 'GET') notAllowed(['GET', 'HEAD']);
  requireAccess(access, { type: 'catalog' });
  function* visible(last: string): Generator<string> {
    let others = official.filter((name) => name > last);
    for (const name of registry.repositories.after(last)) {
      yield* others.filter((other) => other < name);
      others = others.filter((other) => other > name);
      const isTold = access.lists?.(name) ?? access.allows({ type: 'repository', name, actions: ['pull'] });
      if (isTold && !official.includes(name)) yield name;
    }
    yield* others;
  }
  const { entries, headers } = pageOf(query, '/v2/_catalog', visible);
  sayJson(exchange, { repositories: entries }, headers);
}

/** `/v2/NAME/referrers/DIGEST` */
export function referrersEndpoint(exchange: Exchange, repository: string, digest: string): void {
  const { registry, access, method, query } = exchange;
  if (method !== 'GET') notAllowed(['GET', 'HEAD']);
  requireAccess(access, { type: 'repository', name: repository, actions: ['pull'] });
  const subject = checkDigest(digest);
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
  say(exchange, 200, { 'Content-Type': mediaTypes.ociIndex, ...filters, ...headers }, JSON.stringify(index));
}
