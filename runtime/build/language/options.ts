// What a client asks of a build, as far as the Dockerfile's meaning hangs on it, from the attributes that BuildKit's
// protocol sends. Limits of the steps (memory, ulimits, hosts) are not among it: they are the executor's.

import { parseBoolean, quote } from './go-text.ts';
import type { Network } from './instructions.ts';
import { type CheckOptions, parseCheckOptions } from './lint.ts';
import { normalPlatform, type Platform, parsePlatform } from './platforms.ts';
import { LanguageError, wrapped } from './source.ts';

export interface BuildOptions {
  /** The stage to build; empty for the last one. */
  readonly target: string;
  readonly buildArguments: ReadonlyMap<string, string>;
  /** Labels of the image, over those of the Dockerfile. */
  readonly labels: ReadonlyMap<string, string>;
  /** Those that are asked for; empty for the machine's own. */
  readonly platforms: readonly Platform[];
  /** The machine's. */
  readonly buildPlatform: Platform;
  /** The result is an index, and progress tells platforms. */
  readonly isMultiPlatform: boolean;
  /** Stages whose steps are done without the cache: null for none, empty for all. */
  readonly noCache: readonly string[] | null;
  /** Cache mounts of different namespaces are different. */
  readonly cacheNamespace: string;
  /** SOURCE_DATE_EPOCH, in seconds. */
  readonly epoch: number | null;
  /** In place of the file's own. */
  readonly check: CheckOptions | null;
  /** Of steps that say nothing of their network. */
  readonly network: Network;
  /** Named contexts: `docker-image://…`, `local:…`, `input:…`, by name. */
  readonly contexts: ReadonlyMap<string, string>;
}

type Attributes = ReadonlyMap<string, string>;

const withPrefix = (attributes: Attributes, prefix: string): Map<string, string> =>
  new Map(
    [...attributes]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );

function platformsOf(text: string): Platform[] {
  if (text === '') return [];
  return text.split(',').map((one) => {
    try {
      return normalPlatform(parsePlatform(one));
    } catch (error) {
      throw wrapped(`failed to parse target platform ${one}`, error);
    }
  });
}

function isMultiPlatform(attributes: Attributes, platforms: readonly Platform[]): boolean {
  const text = attributes.get('build-arg:BUILDKIT_MULTI_PLATFORM') || attributes.get('multi-platform') || '';
  if (text === '') return platforms.length > 1;
  const said = parseBoolean(text);
  if (said === null) throw new LanguageError(`invalid boolean value for multi-platform: ${text}`);
  if (!said && platforms.length > 1)
    throw new LanguageError('conflicting config: returning multiple target platforms is not allowed');
  return said;
}

function epochOf(text: string): number | null {
  if (text === '') return null;
  if (!/^[+-]?\d{1,15}$/.test(text))
    throw new LanguageError(
      `invalid SOURCE_DATE_EPOCH: ${text}: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const seconds = Number(text);
  // As Go's encoder says it of a time that JSON has no words for.
  if (seconds < -62_167_219_200 || seconds > 253_402_300_799)
    throw new LanguageError(
      'failed to marshal image config: json: error calling MarshalJSON for type *time.Time: year outside of range [0,9999]',
    );
  return seconds;
}

function checkOf(text: string | undefined): CheckOptions | null {
  if (text === undefined) return null;
  try {
    return parseCheckOptions(text);
  } catch (error) {
    throw wrapped('failed to parse build-arg:BUILDKIT_DOCKERFILE_CHECK', error);
  }
}

function networkOf(mode: string): Network {
  if (mode === '' || mode === 'default' || mode === 'sandbox') return 'default';
  if (mode === 'host' || mode === 'none') return mode;
  throw new LanguageError(`invalid network mode ${quote(mode)}`);
}

/** `attributes`: those of the `dockerfile.v0` frontend. Throws LanguageError. */
export function buildOptions(attributes: Attributes, buildPlatform: Platform): BuildOptions {
  const text = (name: string): string => attributes.get(name) ?? '';
  const platforms = platformsOf(text('platform'));
  const noCache = attributes.get('no-cache');
  return {
    target: text('target'),
    buildArguments: withPrefix(attributes, 'build-arg:'),
    labels: withPrefix(attributes, 'label:'),
    platforms,
    buildPlatform: normalPlatform(buildPlatform),
    isMultiPlatform: isMultiPlatform(attributes, platforms),
    noCache: noCache === undefined ? null : noCache === '' ? [] : noCache.split(','),
    cacheNamespace: text('build-arg:BUILDKIT_CACHE_MOUNT_NS'),
    epoch: epochOf(text('build-arg:SOURCE_DATE_EPOCH')),
    check: checkOf(attributes.get('build-arg:BUILDKIT_DOCKERFILE_CHECK')),
    network: networkOf(text('force-network-mode')),
    contexts: withPrefix(attributes, 'context:'),
  };
}
