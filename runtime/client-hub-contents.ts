// What is in an image on the hub, as the server and the `drydock` command are told it. Each claim comes with what it rests on; where
// there is nothing to rest on, there is no claim, and a sentence why.

import type { HubAsker } from './client-hub-pages.ts';

export interface HubPackage {
  readonly name: string;
  readonly version: string;
  /** As Debian has it: `amd64`, `all`. */
  readonly architecture: string;
  /** The source package that it was built from, which advisories name. */
  readonly source: { readonly name: string; readonly version: string };
  /** The newest one that the release has; null where it is not newer, or nothing is known of it. */
  readonly newer: { readonly version: string; readonly suite: string } | null;
}

/**
 * `fixable`: a later version of the package is without it. `open`: this release has none yet. `no-advisory`: open, and the release's
 * security team does not prepare one. `unimportant`: of no practical effect, as the team says. `end-of-life`: the package is not looked
 * after any more.
 */
export type HubVulnerabilityStatus = 'fixable' | 'open' | 'no-advisory' | 'unimportant' | 'end-of-life';

export interface HubVulnerability {
  /** `CVE-2023-45853`; `DSA-…` or `DLA-…` where the feed has no other name. */
  readonly id: string;
  /** The source package, and the version of it in the image. */
  readonly source: string;
  readonly version: string;
  /** The image's packages that were built from it, by name. */
  readonly packages: readonly string[];
  readonly status: HubVulnerabilityStatus;
  /** Null where there is none. */
  readonly fixedVersion: string | null;
  /** As the feed has it: `high`, `medium`, `low`, `unimportant`, `end-of-life`, `not yet assigned`; empty where it says nothing. */
  readonly urgency: string;
  /** Why there is no advisory: `ignored`, `postponed`, or in words; else empty. */
  readonly note: string;
  /** Cut off after some hundred characters; may be empty. */
  readonly description: string;
}

/** `why`: a sentence for whoever asks. */
export interface HubUnknown {
  readonly known: false;
  readonly why: string;
}

export interface HubUpdates {
  readonly known: true;
  /** What was looked at, and of when it is: `bookworm-security`, RFC 3339. */
  readonly suites: readonly { readonly name: string; readonly date: string }[];
  /** Why later lists are not used; null where there are none. */
  readonly problem: string | null;
  /** Packages that are there in a newer version. */
  readonly many: number;
}

export interface HubVulnerabilities {
  readonly known: true;
  /** Who has written the feed: Debian's security tracker, or the OSV database. */
  readonly feed: 'debian' | 'osv';
  /** Of when the feed is, RFC 3339. */
  readonly date: string;
  /** Why a later feed that the operator has brought is not used; null where there is none. */
  readonly problem: string | null;
  /** What can be fixed first, then what is open, then all others; each by source package and name. */
  readonly found: readonly HubVulnerability[];
  /** How many there are beyond those in `found`. */
  readonly more: number;
  /** How many of each kind there are, those beyond among them. */
  readonly counts: Readonly<Record<HubVulnerabilityStatus, number>>;
  /** Of how many nobody has found out whether the packages have them: no claim is made of these. */
  readonly undetermined: number;
}

export interface HubImageContents {
  /** Of the manifest that was looked at: where an index was asked for, that of one image in it. */
  readonly digest: string;
  /**
   * `coming`: it is being looked at, ask again. `made`: it is all here. `none`: there are no Debian packages in it. `unreadable`: it
   * could not be looked at, and will not be.
   */
  readonly state: 'coming' | 'made' | 'none' | 'unreadable';
  /** A sentence where the state is not `made`; else empty. */
  readonly why: string;
  /** What the image says that it is; null where it does not say so. `id`: `debian`; `version`: `12`; `codename`: `bookworm`. */
  readonly release: {
    readonly id: string;
    readonly version: string;
    readonly codename: string;
    /** `Debian GNU/Linux 12 (bookworm)` */
    readonly name: string;
  } | null;
  /** By name. */
  readonly packages: readonly HubPackage[];
  /** The digest of the manifest, in this repository, of the image's SBOM: a referrer of it. Null where there is none (yet). */
  readonly sbom: string | null;
  readonly updates: HubUpdates | HubUnknown;
  readonly vulnerabilities: HubVulnerabilities | HubUnknown;
}

export interface HubImageContentsWish {
  readonly repository: string;
  /** A tag or a digest, of an image or an index. */
  readonly reference: string;
  /** Who asks. Left out where whoever asks has seen already that they may pull. */
  readonly asker?: HubAsker;
  /** How long to wait for what is being looked at: up to 30000; 0 where left out. */
  readonly waitMs?: number;
}
