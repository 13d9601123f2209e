// What was found in an image, as it is kept: nothing in it changes with what is known of its packages later.

export interface Release {
  /** `debian` */
  readonly id: string;
  /** `12`; empty where the image does not say, as Debian's testing and unstable do not. */
  readonly version: string;
  /** `bookworm` */
  readonly codename: string;
  /** `Debian GNU/Linux 12 (bookworm)` */
  readonly name: string;
}

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: { readonly name: string; readonly version: string };
}

export interface Content {
  readonly release: Release | null;
  /** By name; none where the image is not made of Debian's packages. */
  readonly packages: readonly Package[];
}
