// Whether the user numbers of the students' hosts are ours alone: not in /etc/subuid, not another Drydock's.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Settings } from '../settings.ts';
import { type Finding, good, lacking } from './finding.ts';

const usersPerHost = 65_536;

export interface UserRange {
  readonly owner: string;
  readonly first: number;
  readonly count: number;
}

/** The lines `owner:first:count` of /etc/subuid. */
export function parseSubordinateIds(text: string): UserRange[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length === 3)
    .map(([owner = '', first, count]) => ({ owner, first: Number(first), count: Number(count) }));
}

/** The range that a running engine was given, by its arguments; null where these are no engine's. */
export function rangeOfEngine(argv: readonly string[]): (UserRange & { readonly run: string }) | null {
  const at = argv.findIndex((argument) => argument.endsWith('/runtime/main.ts'));
  if (at < 0) return null;
  const text = { type: 'string' } as const;
  const options = { run: text, 'uid-base': text, 'uid-ranges': text };
  const { values } = parseArgs({ args: argv.slice(at + 1), options, strict: false });
  const { run, 'uid-base': base, 'uid-ranges': ranges } = values;
  if (typeof run !== 'string') return null;
  return { run, owner: `the Drydock of ${run}`, first: Number(base), count: Number(ranges) * usersPerHost };
}

/** Of all that run on this machine, but for the one of the run directory `run`. */
export function rangesOfOtherEngines(run: string): UserRange[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const range = rangeOfEngine(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
        return range && range.run !== run ? [range] : [];
      } catch {
        return []; // it has just ended
      }
    });
}

/** Those that hold a UID of ours too. */
export function overlaps(ranges: readonly UserRange[], first: number, count: number): UserRange[] {
  return ranges.filter((range) => range.first < first + count && first < range.first + range.count);
}

export function examineUsers(settings: Settings): Finding {
  const name = 'user numbers';
  const count = settings.uidRanges * usersPerHost;
  const last = settings.uidBase + count - 1;
  const found = `${settings.uidBase} to ${last}: ${settings.uidRanges} hosts`;
  const advice = 'Set DRYDOCK_UID_BASE and DRYDOCK_UID_RANGES to numbers that nobody else was given.';
  if (last >= 2 ** 32 - 1) return lacking(name, `${found}, past the last there is`, advice);
  const given = ['/etc/subuid', '/etc/subgid']
    .filter(existsSync)
    .flatMap((file) => parseSubordinateIds(readFileSync(file, 'utf8')))
    .map((range) => ({ ...range, owner: `${range.owner} in /etc/subuid or /etc/subgid` }));
  const shared = overlaps([...given, ...rangesOfOtherEngines(settings.run)], settings.uidBase, count);
  if (shared.length === 0) return good(name, found);
  return lacking(name, `${found}; some belong to ${[...new Set(shared.map(({ owner }) => owner))].join(', ')}`, advice);
}
