// `drydock hub audit`: who pushed, pulled and deleted what.

import type { HubAction, HubEvent } from '@drydock/runtime';
import { Failure } from '../failure.ts';
import { formatSize } from '../sizes.ts';
import { formatTable, printable } from '../table.ts';
import { withEngine } from './engine.ts';

export interface AuditOptions {
  readonly json: boolean;
  readonly repository?: string;
  readonly namespace?: string;
  readonly who?: string;
  readonly action?: HubAction;
  /** `30m`, `12h`, `7d`, or a time of RFC 3339. */
  readonly since?: string;
  readonly most: string;
}

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Throws Failure. */
function timeOf(text: string): string {
  const [, many, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = many === undefined ? Date.parse(text) : Date.now() - Number(many) * (unitsMs[unit] ?? 0);
  if (Number.isNaN(ms)) throw new Failure('--since is a time such as 30m, 12h, 7d or 2026-11-30.', { exitCode: 2 });
  return new Date(ms).toISOString();
}

/** The newest last, as in a log. */
export async function audit({ json, most, since, ...filter }: AuditOptions): Promise<void> {
  if (!/^[1-9]\d{0,3}$/.test(most) || Number(most) > 1000)
    throw new Failure('--most is a number from 1 to 1000.', { exitCode: 2 });
  const wanted = { ...filter, ...(since !== undefined && { since: timeOf(since) }), most: Number(most) };
  const events = (await withEngine((engine) => engine.hub.events(wanted))).toReversed();
  if (json) {
    for (const event of events) console.log(JSON.stringify(event));
    return;
  }
  console.log(formatTable([['TIME', 'WHO', 'ACTION', 'WHAT', 'DIGEST', 'SIZE'], ...events.map(rowOf)]));
}

function rowOf({ at, who, action, repository, reference, digest, bytes }: HubEvent): string[] {
  const from = action === 'mount-blob' && reference !== null;
  const what = from ? `${repository} from ${reference}` : `${repository}${reference === null ? '' : `:${reference}`}`;
  return [
    ...[at.slice(0, 19), who ?? '-', action, printable(what)],
    ...[digest === null ? '-' : digest.slice(0, 'sha256:'.length + 12), bytes === null ? '-' : formatSize(bytes)],
  ];
}
