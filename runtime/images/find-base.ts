// The image that a build begins with where the host has none of that name. Its registry is asked, or the catalogue; the host has no image
// the more for it, and its layers stay where they are until a step stands on them. As BuildKit, which keeps them in its cache alone.

import { readFile } from 'node:fs/promises';
import { maxManifestBytes } from '../limits.ts';
import { isOwnPlatform, platformText } from '../registries/platform.ts';
import { parseConfiguration } from './configuration.ts';
import type { BasePlatform, FoundBase } from './found-base.ts';
import type { RegistryOptions } from './image.ts';
import { placeOf, reachedOr } from './places.ts';
import { admitted } from './pull.ts';
import { canonical, type Reference } from './reference.ts';
import { openSession, type RegistrySession } from './registry-session.ts';
import type { RememberedBase } from './remembered-bases.ts';
import type { HostView } from './view.ts';

/** Throws what the registry says, or the catalogue. */
export async function findBase(
  view: HostView,
  reference: Reference,
  platform: BasePlatform,
  options: RegistryOptions,
): Promise<FoundBase> {
  // The catalogue's images are for this machine.
  const place = isOwnPlatform(platform) ? placeOf(view, reference, false, options.credentials) : elsewhere;
  if (place.kind === 'registry')
    return await reachedOr(place, () => findInRegistry(view, reference, platform, options));
  const [wanted] = place.wanted;
  if (!wanted) throw new Error(`${canonical(reference)} is not looked for`);
  const { manifestDigest: digest, configuration, layers } = await admitted(view, wanted, options.signal);
  const base = {
    ...{ digest, configuration },
    layers: layers.map(({ diffId, mediaType, digest, size }) => ({ diffId, descriptor: { mediaType, digest, size } })),
  };
  remember(view, reference, platform, base);
  return { ...base, catalogue: layers };
}

const elsewhere = { kind: 'registry', otherwise: null } as const;

/** What a digest names is known where it was asked for before; of a tag only its digest is asked for, while that stays the same. */
async function findInRegistry(
  view: HostView,
  reference: Reference,
  platform: BasePlatform,
  options: RegistryOptions,
): Promise<FoundBase> {
  const known = view.bases.find(reference, platformText(platform));
  if (known && reference.digest !== undefined) return { ...known, catalogue: null };
  await using session = await openSession(view, reference, 'pull', options);
  const { tag = 'latest', digest: asked = tag } = reference;
  if (known) {
    const { found } = await session.client.ask('fetch', { reference: asked, known: known.digest });
    if (found === null) return { ...known, catalogue: null };
  }
  const base = await askRegistry(session, asked, platform);
  remember(view, reference, platform, base);
  return { ...base, catalogue: null };
}

type AskedBase = Omit<FoundBase, 'catalogue'>;

async function askRegistry(
  { client, newFile }: RegistrySession,
  reference: string,
  platform: BasePlatform,
): Promise<AskedBase> {
  const { digest } = await client.ask('top', { reference });
  const path = newFile();
  const { layers } = await client.ask('image', {
    ...{ reference, path, platform, maxConfigurationBytes: maxManifestBytes },
  });
  const configuration = await readFile(path, 'utf8');
  const { diffIds } = parseConfiguration(configuration);
  return { digest, configuration, layers: layers.map((descriptor, at) => ({ descriptor, diffId: diffIds[at] ?? '' })) };
}

function remember(view: HostView, reference: Reference, platform: BasePlatform, base: AskedBase): void {
  const { domain, path } = reference;
  const known: RememberedBase = {
    ...{ name: canonical(reference), repository: `${domain}/${path}`, platform: platformText(platform) },
    ...base,
  };
  if (view.bases.find(reference, known.platform)?.digest !== base.digest) view.bases.add(known);
}
