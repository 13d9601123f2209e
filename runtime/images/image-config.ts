// An image as the rest of the engine needs it: what it is made of, and how its containers are to run.

import type { HealthConfig } from '../containers/health-config.ts';

/** The `config` of an OCI image configuration (image-spec config.md), every field optional as there. */
export interface ImageConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, Record<string, never>>> | null;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly StopSignal?: string;
  readonly OnBuild?: readonly string[] | null;
  /** Docker's own, as what follows; the OCI has no such. */
  readonly Healthcheck?: HealthConfig;
  /** What runs the commands of a build that begins with it. */
  readonly Shell?: readonly string[];
  /** It means something to Windows alone, but BuildKit writes it. */
  readonly ArgsEscaped?: boolean;
}

export interface Image {
  /** `sha256:` and the digest of the image's configuration. */
  readonly id: string;
  readonly config: ImageConfig;
  readonly architecture: string;
  readonly os: string;
  readonly created: string;
  /** Names of the unpacked layers, base first: directories under the layer store's one directory (`ImageStore.layersDirectory`). */
  readonly layers: readonly string[];
}
