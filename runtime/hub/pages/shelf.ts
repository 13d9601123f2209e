// What the hub's pages are made of.

import type { CatalogueEntry } from '../../catalogue/layout.ts';
import type { HubAccounts } from '../../registry/accounts/hub-accounts.ts';
import type { Registry } from '../../registry/registry.ts';
import { Reader } from './reader.ts';

/** The official images, as they are now: looking at one does not build it. */
export interface OfficialShelf {
  /** Null where the repository is none of them. */
  nameOf(repository: string): string | null;
  /** `library/redis`, in order. */
  repositories(): readonly string[];
  tags(repository: string): readonly string[];
  /** What it is, in a sentence. */
  summary(repository: string): string;
  /** Of all its images that are built. */
  bytes(repository: string): number;
  /** By a tag or a digest; null where there is no such image. `entry` is null where it is not built, and `step` what is done for it. */
  look(repository: string, reference: string): { readonly entry: CatalogueEntry | null; readonly step: string } | null;
}

export class PageShelf {
  readonly accounts: HubAccounts;
  readonly official: OfficialShelf;
  readonly reader: Reader;

  constructor(accounts: HubAccounts, official: OfficialShelf) {
    this.accounts = accounts;
    this.official = official;
    this.reader = new Reader(accounts.registry);
  }

  get registry(): Registry {
    return this.accounts.registry;
  }
}
