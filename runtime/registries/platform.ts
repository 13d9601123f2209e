// Which image of an index is meant: the one for a platform, as containerd's `platforms.Only` chooses.

import { goArchitecture } from '../images/architecture.ts';
import type { ImageIndex, Platform } from './manifest.ts';

/** `linux/arm64/v8`, as clients write it; the architecture or the variant may be left out. */
export function parsePlatform(text: string): Platform {
  const [os = 'linux', architecture = goArchitecture, variant = ''] = text.split('/');
  return { os: os === '' ? 'linux' : os, architecture, variant };
}

export const ownPlatform: Platform = { os: 'linux', architecture: goArchitecture, variant: '' };

/** As Docker writes it in messages. */
export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== '').join('/');
}

/** A variant that is the usual one of its architecture is not told. */
function normalVariant({ architecture, variant }: Platform): string {
  return architecture === 'arm64' && variant === 'v8' ? '' : variant;
}

export function isOwnPlatform(platform: Platform): boolean {
  return fits(ownPlatform, platform);
}

/** Whether an image for `offered` will do where `wanted` is asked for. */
function fits(offered: Platform, wanted: Platform): boolean {
  const isSame = offered.os === wanted.os && offered.architecture === wanted.architecture;
  if (!isSame) return false;
  const variant = normalVariant(wanted);
  return variant === '' || normalVariant(offered) === variant;
}

/** The first manifest for the platform, those without a variant first; null where there is none. Attestations have no platform. */
export function chooseManifest({ manifests }: ImageIndex, wanted: Platform): ImageIndex['manifests'][number] | null {
  const fitting = manifests.filter(({ platform }) => platform !== null && fits(platform, wanted));
  return (
    fitting.find(({ platform }) => platform && normalVariant(platform) === normalVariant(wanted)) ?? fitting[0] ?? null
  );
}
