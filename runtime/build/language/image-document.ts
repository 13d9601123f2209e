// The configuration of an image as the OCI and Docker write it, and how a stage begins with one.

import type { Healthcheck } from './instructions.ts';
import type { Platform } from './platforms.ts';

type Names = Readonly<Record<string, Record<string, never>>>;

export interface HealthConfig {
  readonly Test?: readonly string[];
  /** Nanoseconds. */
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface ImageConfig {
  readonly User?: string;
  readonly ExposedPorts?: Names;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Names;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: HealthConfig;
  readonly OnBuild?: readonly string[] | null;
  readonly Shell?: readonly string[];
}

export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  /** It has no layer. */
  readonly empty_layer?: boolean;
}

export interface ImageDocument {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly config?: ImageConfig;
  /** Of a base image; that of what is built is its builder's to write. */
  readonly rootfs?: { readonly type: string; readonly diff_ids: readonly string[] };
  readonly history?: readonly HistoryEntry[];
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What PATH is where the base has none; Windows has its own. */
export const pathVariable = (os: string): string | null => (os === 'windows' ? null : `PATH=${defaultPath}`);

/** `FROM scratch` */
export function emptyImage({ os, architecture, variant, osVersion }: Platform): ImageDocument {
  const path = pathVariable(os);
  return {
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { 'os.version': osVersion }),
    config: { WorkingDir: '/', ...(path !== null && { Env: [path] }) },
  };
}

export const platformOf = ({ os, architecture, variant, 'os.version': osVersion }: ImageDocument): Platform => ({
  os,
  architecture,
  ...(variant !== undefined && { variant }),
  ...(osVersion !== undefined && { osVersion }),
});

/** With a platform in place of its own. */
export function withPlatform(image: ImageDocument, platform: Platform): ImageDocument {
  const { os: _os, architecture: _architecture, variant: _variant, 'os.version': _version, ...rest } = image;
  const { os, architecture, variant, osVersion } = platform;
  return {
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { 'os.version': osVersion }),
    ...rest,
  };
}

/** A healthcheck as an image has it: what is not said is left out. */
export function healthConfig(check: Healthcheck): HealthConfig {
  const { Test, intervalNs, timeoutNs, startPeriodNs, startIntervalNs, retries } = check;
  return {
    Test,
    ...(intervalNs !== 0n && { Interval: Number(intervalNs) }),
    ...(timeoutNs !== 0n && { Timeout: Number(timeoutNs) }),
    ...(startPeriodNs !== 0n && { StartPeriod: Number(startPeriodNs) }),
    ...(startIntervalNs !== 0n && { StartInterval: Number(startIntervalNs) }),
    ...(retries !== 0 && { Retries: retries }),
  };
}
