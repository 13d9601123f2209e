// What a pull has to know of an image, out of its manifest and configuration.

import { EngineError } from '../errors.ts';
import { checkConfiguration, parseConfiguration } from '../images/configuration.ts';
import { broughtConfiguration } from '../images/contents.ts';
import { clean } from './failure.ts';
import type { FoundImage } from './jobs.ts';
import type { ImageManifest, Platform } from './manifest.ts';

/** Of what an image says that it is for. */
const maxPlatformLength = 80;

export interface FoundParts {
  readonly manifest: ImageManifest;
  /** Byte for byte as hashed. */
  readonly configuration: Uint8Array;
  /** That was asked for. */
  readonly platform: Platform;
  readonly maxConfigurationBytes: number;
}

/** Throws exhausted where the configuration is too large, invalid where it is none. */
export function foundImage({ manifest, configuration, platform, maxConfigurationBytes }: FoundParts): FoundImage {
  checkSize(configuration.length, maxConfigurationBytes);
  const parsed = parseConfiguration(Buffer.from(configuration).toString('utf8'));
  checkConfiguration(parsed);
  if (parsed.diffIds.length !== manifest.layers.length)
    throw new EngineError(
      'invalid',
      `layers from manifest don't match image configuration: ${manifest.layers.length} and ${parsed.diffIds.length}`,
    );
  const { os, architecture } = parsed.details;
  return {
    platform: clean(`${os}/${architecture}`).slice(0, maxPlatformLength),
    fits: os === platform.os && architecture === platform.architecture,
    layers: manifest.layers,
    configuration: broughtConfiguration(manifest.config.digest, parsed, configuration.length),
  };
}

/** Throws exhausted. */
export function checkSize(bytes: number, most: number): void {
  if (bytes <= most) return;
  throw new EngineError(
    'exhausted',
    `its configuration holds more than the ${Math.max(0, most)} bytes that this host may still bring in: remove images first`,
  );
}
