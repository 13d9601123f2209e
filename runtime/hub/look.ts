// What a repository of the hub holds now, for checks of a lab and for its picture of the engine. Asks nobody's rights.

import { z } from 'zod';
import type { HubRepositoryNow, HubTag } from '../client-hub.ts';
import { parseJson } from '../json.ts';
import { maxLookedAtManifestBytes, maxLookedAtRepositories, maxLookedAtTags } from '../limits.ts';
import { isOwnPlatform } from '../registries/platform.ts';
import { mediaTypes } from '../registry/media-types.ts';
import { namespaceOf } from '../registry/names.ts';
import type { Registry } from '../registry/registry.ts';
import type { Visibility } from '../registry/repositories.ts';
import type { Hub } from './hub.ts';

const descriptor = z.object({ digest: z.string(), size: z.number().nonnegative().catch(0) });
const manifestSchema = z.object({ config: descriptor, layers: z.array(descriptor).nullable() });
const platform = z.object({ architecture: z.string(), os: z.string(), variant: z.string().default('') });
const indexSchema = z.object({ manifests: z.array(descriptor.extend({ platform: platform.optional() })) });

/** How much of manifests one look reads yet. */
interface Budget {
  bytes: number;
}
const budget = (): Budget => ({ bytes: maxLookedAtManifestBytes });

/** `namespace/name`; tags that moved last come first. Null where there is no such repository, or nothing in it. */
export function lookAtRepository(hub: Hub, repository: string, left = budget()): HubRepositoryNow | null {
  const { registry, accounts } = hub;
  const id = registry.repositories.find(repository);
  if (id === null) return null;
  const rows = registry.database.all(
    'SELECT name, digest, moved, moved_by FROM tag WHERE repository = ? ORDER BY moved DESC, name LIMIT ?',
    ...[id, maxLookedAtTags],
  );
  const images = new Map<string, Pick<HubTag, 'imageId' | 'bytes'>>();
  return {
    name: repository,
    visibility: visibilityOf(repository, registry, accounts.namespaces.visibility(namespaceOf(repository))),
    tags: rows.map((row): HubTag => {
      const digest = String(row.digest);
      const image = images.get(digest) ?? imageOf(registry, repository, digest, left);
      images.set(digest, image);
      return { name: String(row.name), digest, ...image, movedAt: Number(row.moved) };
    }),
  };
}

/** The repositories of a namespace, by name; which images their tags name is not looked at. */
export function lookAtNamespace(hub: Hub, namespace: string): HubRepositoryNow[] {
  const names = hub.registry.repositories.inNamespace(namespace).slice(0, maxLookedAtRepositories);
  return names.flatMap((name) => lookAtRepository(hub, name, { bytes: 0 }) ?? []);
}

function visibilityOf(repository: string, { repositories }: Registry, usual: Visibility | null): Visibility {
  return repositories.visibility(repository) ?? usual ?? 'private';
}

const unknown = { imageId: null, bytes: null };

/** Of an index, its image for this machine. What a student has pushed may be anything that a registry takes. */
function imageOf(
  registry: Registry,
  repository: string,
  digest: string,
  left: Budget,
  depth = 0,
): Pick<HubTag, 'imageId' | 'bytes'> {
  try {
    const { mediaType, size } = registry.manifests.need(repository, digest);
    if (size > left.bytes) return unknown;
    left.bytes -= size;
    const body = parseJson(registry.manifests.body(repository, digest));
    if (mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerIndex) {
      const { manifests } = indexSchema.parse(body);
      const own = manifests.find((one) => one.platform && isOwnPlatform(one.platform));
      return own && depth === 0 ? imageOf(registry, repository, own.digest, left, 1) : unknown;
    }
    const { config, layers } = manifestSchema.parse(body);
    return { imageId: config.digest, bytes: (layers ?? []).reduce((sum, layer) => sum + layer.size, config.size) };
  } catch {
    return unknown;
  }
}
