// What a client of the engine may look at in the containers, volumes and images of a host, without anything of the student's being run. All
// of it is what a student made: text to be looked at.

/** One of `container` (its name), `volume` and `image` (a name of it) stands. */
export interface InsidePlace {
  readonly container?: string;
  readonly volume?: string;
  readonly image?: string;
  /** Absolute, as the container or image sees it; in a volume below its root, '' for the root itself. */
  readonly path: string;
}

export interface InsideEntry {
  readonly type: 'file' | 'folder' | 'other';
  /** Of a folder: nothing is in it. */
  readonly empty: boolean;
  /** Of a file of at most 256 KiB, else null. */
  readonly bytes: Uint8Array | null;
}

export interface ImageText {
  /** A name of it. */
  readonly image: string;
  /** 6 to 200 characters. */
  readonly text: string;
}

export interface ImageTextTold {
  /** `file`: a file of one of its layers, also one that a later layer has deleted or changed. */
  readonly place: 'file' | 'configuration' | 'history' | 'nowhere';
  /** Of a file: its path. */
  readonly path: string;
}

/** An image that others are made on. */
export interface BaseTold {
  /** `sha256:…`, as of the layers. */
  readonly id: string;
  /** Their diff IDs, the lowest first. */
  readonly layers: readonly string[];
}

export interface ConnectionWish {
  /** The name of a container. */
  readonly from: string;
  /** What it calls the other one: a name, an alias, an IPv4 address. */
  readonly to: string;
  readonly port: number;
}

export interface ConnectionTold {
  readonly from: 'missing' | 'stopped' | 'running';
  /** A container runs that somebody may call `to`, on whatever network. */
  readonly toRuns: boolean;
  /** What `to` means in the container `from`; null where it means nothing there. */
  readonly address: string | null;
  /** `refused`: nothing listens. `silent`: no answer, or no way. `unasked`: there is no address to connect to. */
  readonly outcome: 'open' | 'refused' | 'silent' | 'unasked';
}

/** Nothing leads out of the container or volume: links are followed as a process there would, in a volume only within it. */
export interface HostInside {
  /**
   * Throws notFound where there is no such container, volume, image or path, invalid for a path that is none or leads out, forbidden for
   * files of the kernel (/proc, /sys), unavailable where the host is stopped.
   */
  lookInside(host: string, place: InsidePlace): Promise<InsideEntry>;
  /**
   * Where a text stands in an image, which is looked through once: 128 MiB of it at most, the last layer first, and 8 MiB of each file.
   * Throws notFound where there is no such image.
   */
  findInImage(host: string, wish: ImageText): Promise<ImageTextTold>;
  /** An image of the host, or one that a build of it has begun with last by that name, which `docker images` need not show; else null. */
  baseImage(host: string, image: string): Promise<BaseTold | null>;
  /**
   * Resolves a name as the name server of a container and its /etc/hosts would, and connects (TCP) in the container's network; the
   * connection is closed at once. Takes half a second at most. Throws unavailable where the host is stopped.
   */
  tryConnection(host: string, wish: ConnectionWish): Promise<ConnectionTold>;
}
