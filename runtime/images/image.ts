// What an image is to the rest of the engine, and what one host may do with the images that it has.

import type { Readable } from 'node:stream';
import type { Credentials } from '../registries/credentials.ts';
import type { Reach } from '../registries/reach.ts';
import type { Packed } from '../store/layer-work.ts';
import type { BuildImages } from './build-images.ts';
import type { Image, ImageConfig } from './image-config.ts';
import type { OwnImage } from './own-images.ts';

export type { Image, ImageConfig } from './image-config.ts';

import type { Traffic } from './traffic.ts';

/** The catalogue image that a host's workspace starts from where none is asked for. */
export const defaultWorkspace = 'workspace';

/** A line of the progress that pull, load and import stream, as the Docker Engine API shapes it. */
export interface Progress {
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly progress?: string;
  readonly stream?: string;
  readonly aux?: object;
  readonly errorDetail?: { readonly message: string };
  readonly error?: string;
}

/** Something to tell the host's events of: pull, push, tag, untag, delete, load, import. */
export interface ImageEvent {
  readonly action: string;
  /** The image's ID, or the reference for `pull`, as moby has it. */
  readonly id: string;
  readonly name: string;
}

export interface RegistryOptions {
  readonly signal: AbortSignal;
  /** Nobody's where left out. */
  readonly credentials?: Credentials;
}

export interface PullOptions extends RegistryOptions {
  /** `linux/arm64`; the machine's own where left out. */
  readonly platform?: string;
}

/** A repository of the catalogue, as `GET /images/search` tells it. */
export interface Found {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
  readonly is_automated: boolean;
}

/** A line of the answer to a removal. */
export type Removed = { readonly Untagged: string } | { readonly Deleted: string };

/** The answer to `docker image prune`. */
export interface Pruned {
  readonly ImagesDeleted: readonly Removed[] | null;
  readonly SpaceReclaimed: number;
}

/** The images of one host: what it pulled, loaded, imported or tagged is its own; the layers below are shared by all. */
export interface HostImages {
  /** What a builder needs of them. */
  readonly builds: BuildImages;
  /** By ID, unambiguous ID prefix (12 or more digits or as few as are unambiguous), `name[:tag]` or `name@digest`. Throws notFound: `No such image: X`. */
  resolve(reference: string): Image;
  /** Bodies as `GET /images/json` has them; `filters` as parsed from the query: key to values. */
  list(
    filters: ReadonlyMap<string, readonly string[]>,
    options: { all: boolean; digests: boolean; sharedSize: boolean },
  ): object[];
  /** Bytes of all layers that the host's images have, those that several of them share counted once. */
  layersSize(): number;
  /** The body of `GET /images/X/json`. */
  inspect(reference: string): object;
  /** The body of `GET /images/X/history`. */
  history(reference: string): object[];
  /** What the host has, as it is stored: for a snapshot of it. */
  stored(): readonly OwnImage[];
  /** Takes up what the records say, after a snapshot was restored; gives up what nobody has any more, of `given` too. */
  recall(given?: readonly string[]): void;
  /** Gives the image up where nobody needs it: the container that did is gone. */
  release(imageId: string): void;
  tag(reference: string, repository: string, tag: string): void;
  /** The body of `DELETE /images/X`: `[{Untagged}|{Deleted}]`. Throws conflict where a container uses it. */
  remove(reference: string, options: { force: boolean; noPrune: boolean }): object[];
  /** The body of `POST /images/prune`. */
  prune(filters: ReadonlyMap<string, readonly string[]>): Pruned;
  /** With null for the tag: every tag. Throws notFound before the first line where nothing has that name. */
  pull(repository: string, tag: string | null, options: PullOptions): Promise<AsyncIterable<Progress>>;
  /** With null for the tag: every tag. What goes wrong is thrown out of the lines, but for a name that can be none (invalid). */
  push(repository: string, tag: string | null, options: RegistryOptions): AsyncIterable<Progress>;
  /** Gives what is to be kept instead of the password, or nothing. Throws refused where the registry does not take the credentials. */
  login(server: string, options: RegistryOptions): Promise<string>;
  /** The body of `GET /distribution/X/json`. */
  describe(reference: string, options: RegistryOptions): Promise<object>;
  /** In the catalogue. */
  search(term: string, limit: number | null, filters: ReadonlyMap<string, readonly string[]>): readonly Found[];
  /** A tar, as `docker save` writes it. Throws notFound for a name that no image has. */
  save(names: readonly string[], signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Gives the new image's ID. */
  commit(request: Commit): Promise<string>;
  load(archive: Readable, options: { quiet: boolean; signal: AbortSignal }): AsyncIterable<Progress>;
  importArchive(
    archive: Readable,
    options: { repository: string; tag: string; message: string; changes: readonly string[]; signal: AbortSignal },
  ): AsyncIterable<Progress>;
}

/** A new image of one more layer, as `docker commit` makes it. */
export interface Commit {
  /** The ID of the image that it stands on. */
  readonly parentId: string;
  readonly config: ImageConfig;
  readonly author: string;
  readonly comment: string;
  readonly createdBy: string;
  readonly containerId: string;
  /** Empty for an image without a name. */
  readonly repository: string;
  readonly tag: string;
  readonly dockerVersion: string;
  readonly signal: AbortSignal;
  /** Packs the layer, compressed, into a new file of at most `maxBytes` before that. */
  readonly pack: (file: string, maxBytes: number) => Promise<Packed>;
}

/** What of a host's images is in a snapshot of it; as stored by `own-images.ts`. */
export interface KeptImage {
  readonly imageId: string;
  readonly broughtBytes: number;
}

/** What a host tells its images of itself, so that `images/` need not know hosts. */
export interface ImageOwner {
  readonly hostId: string;
  /** Containers of the host and the image that each uses, for `remove`, `list` and `prune`. */
  usedImages(): readonly { readonly containerId: string; readonly imageId: string; readonly running: boolean }[];
  /** Whether a container of it or a snapshot needs the image. */
  needsImage(imageId: string): boolean;
  /** What its snapshots need, with or without a name of its own now. */
  keptImages(): readonly KeptImage[];
  emit(event: ImageEvent): void;
  /** How it reaches registries. Throws unavailable where the host is stopped. */
  reach(): Reach;
  /** The account on the hub that its lab has; null where it has none. */
  hubAccount(): string | null;
  /** Where its pushes and pulls are told. */
  readonly traffic: Traffic;
}

/** All images of one engine: the shared blobs and layers, and a view for each host. */
export interface ImageStore {
  /** The one directory that holds every unpacked layer, owned by root, each under a short name. */
  readonly layersDirectory: string;
  forHost(owner: ImageOwner): HostImages;
  /**
   * The directory of the unpacked layer that the blob with this digest expands to; null where it is not unpacked, or nobody has seen
   * that it does. A layer that is removed is renamed first.
   */
  unpackedLayer(diffId: string, digest: string): string | null;
  /** Gives up what no host needs any more: after a start, when all hosts are known. */
  sweepUnused(): void;
  /** Gives up everything that a removed host had. */
  forgetHost(hostId: string): void;
  /** Resolves when all layers are on the disk. Throws where it fails. */
  settle(): Promise<void>;
  /** Does nothing in the background any more. To be called before the records are closed. */
  close(): void;
  /** Whether the workspace image is unpacked, so that a host is made at once. It is unpacked as soon as it is built. */
  readonly prepared: boolean;
  /**
   * A workspace image (for hosts' root containers), unpacked if it is not yet. Waits for `workspace` to be built; throws
   * unavailable where another is not built yet, saying how far it is, notFound where the catalogue has none of that name.
   */
  workspace(name?: string): Promise<Image>;
  /** Where records and disk disagree, a sentence each. Changes nothing. */
  check(): readonly string[];
}
