// The range of 65,536 UIDs that each host has. No two hosts on the machine share one, not even those of two engines.

import fs from 'node:fs';
import path from 'node:path';
import { EngineError } from '../errors.ts';
import { idsPerHost } from '../kernel/user-namespace.ts';

/** Every engine on the machine claims its ranges here: a file named for the base, with the engine's data directory in it. */
const claims = '/var/lib/drydock-uids';

function claimOf(base: number): string {
  return path.join(claims, String(base));
}

/** The data directory that a claim names; null where there is no such claim. */
function holderOf(name: string): string | null {
  try {
    return fs.readFileSync(path.join(claims, name), 'utf8');
  } catch {
    return null;
  }
}

/** Atomic: a claim is there with its content or not at all, so that no engine takes a new claim for a stale one. */
function putClaim(base: number, dataDirectory: string): boolean {
  const draft = path.join(claims, `.${process.pid}`);
  fs.writeFileSync(draft, dataDirectory, { mode: 0o644 });
  try {
    fs.linkSync(draft, claimOf(base));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** Claims the range that starts at `base`. True where it is `dataDirectory`'s now; with `again` also where it was before. */
function claim(base: number, dataDirectory: string, again: boolean): boolean {
  fs.mkdirSync(claims, { recursive: true, mode: 0o755 });
  return putClaim(base, dataDirectory) || (again && holderOf(String(base)) === dataDirectory);
}

/** Releases the claims of engines whose data directory has been deleted, and their hosts with it. Idempotent. */
export function dropStaleClaims(): void {
  for (const name of fs.existsSync(claims) ? fs.readdirSync(claims) : []) {
    const holder = holderOf(name);
    if (holder !== null && /^\d+$/.test(name) && !fs.existsSync(`${holder}/engine.db`)) releaseUidRange(Number(name));
  }
}

/** Releases this engine's claims that are not in `kept`: it was killed after a claim, before it stored the host. Idempotent. */
export function dropOwnClaims(dataDirectory: string, kept: ReadonlySet<number>): void {
  for (const name of fs.existsSync(claims) ? fs.readdirSync(claims) : []) {
    if (/^\d+$/.test(name) && holderOf(name) === dataDirectory && !kept.has(Number(name)))
      releaseUidRange(Number(name));
  }
}

export interface UidSettings {
  readonly uidBase: number;
  readonly uidRanges: number;
  readonly dataDirectory: string;
}

/**
 * The first range that is neither in `taken` nor another engine's. `again`: one that this engine has claimed before may be taken, for
 * what is in no record is nobody's. `fromLast`: the last that is free. Throws exhausted.
 */
export function takeUidRange(
  settings: UidSettings,
  taken: ReadonlySet<number>,
  { again, fromLast = false }: { readonly again: boolean; readonly fromLast?: boolean },
): number {
  for (let index = 0; index < settings.uidRanges; index++) {
    const place = fromLast ? settings.uidRanges - 1 - index : index;
    const base = settings.uidBase + place * idsPerHost;
    if (!taken.has(base) && claim(base, settings.dataDirectory, again)) return base;
  }
  throw new EngineError(
    'exhausted',
    `all ${settings.uidRanges} UID ranges are in use, so there can be no further host; remove one, or raise DRYDOCK_UID_RANGES`,
  );
}

/** Idempotent. */
export function releaseUidRange(base: number): void {
  fs.rmSync(claimOf(base), { force: true });
}
