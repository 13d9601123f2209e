// What a host's Docker has pushed to registries and pulled from them, as a client of the engine is told it.

import type { ImageBuild } from './client-builds.ts';

/** Of an image that travels, in the order of the image: the base first. */
export interface MovedLayer {
  /** The first 12 digits of what is unpacked from it (`RootFS.Layers` of `docker inspect`). */
  readonly id: string;
  /** As it travels; 0 where that is not known yet. */
  readonly bytes: number;
  /** Of these, so many are there. */
  readonly movedBytes: number;
  /** `there`: whoever takes the image had the layer already. `elsewhere`: the registry took it from another of its repositories. */
  readonly state: 'waiting' | 'moving' | 'moved' | 'there' | 'elsewhere';
}

export interface ImageMove {
  /** Later ones of the same host have greater numbers. */
  readonly id: number;
  readonly direction: 'push' | 'pull';
  /** `hub.drydock`, `localhost:5000`, `docker.io` */
  readonly registry: string;
  readonly repository: string;
  /** The tag, or the digest where it was asked for by that. */
  readonly reference: string;
  readonly state: 'going' | 'done' | 'failed';
  /** Milliseconds since 1970. */
  readonly beganAt: number;
  /** Null while it is going. */
  readonly endedAt: number | null;
  /** What the registry has it by; null until it is known. */
  readonly digest: string | null;
  /** `sha256:…`, of the image; null until it is known. */
  readonly imageId: string | null;
  readonly layers: readonly MovedLayer[];
}

export type TrafficNews =
  /** It has begun or ended, or is further. */
  | { readonly kind: 'build'; readonly host: string; readonly build: ImageBuild }
  /** It has begun or ended, or is further. */
  | { readonly kind: 'move'; readonly host: string; readonly move: ImageMove }
  /** Something was pushed to one of the namespaces or deleted there, or who may pull from it has changed. */
  | { readonly kind: 'hub' };

export interface HostTraffic {
  /** The last ones, the oldest first. */
  moves(host: string): Promise<readonly ImageMove[]>;
  /**
   * All of `moves` and `builds` of these hosts, and then each that has changed; and the changes of these namespaces of the hub. Several changes in
   * quick succession are one. Ends when the engine goes or `signal` aborts. Throws exhausted.
   */
  traffic(
    of: { readonly hosts: readonly string[]; readonly namespaces: readonly string[] },
    signal: AbortSignal,
  ): Promise<AsyncIterable<TrafficNews>>;
}
