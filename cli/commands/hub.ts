// `drydock hub …`: what is in the hub, what of it nobody needs, whether it is whole, and who may use it from outside.

import { EngineError, type HubTokenScope } from '@drydock/runtime';
import { counted } from '../counted.ts';
import { Failure } from '../failure.ts';
import { formatSize } from '../sizes.ts';
import { formatTable, printable } from '../table.ts';
import { withEngine } from './engine.ts';

export async function listHub(options: { readonly json: boolean }): Promise<void> {
  const report = await withEngine((engine) => engine.hub.report());
  if (options.json) {
    console.log(JSON.stringify(report, null, 2));
    return;
  }
  const rows = report.repositories.map(({ name, tags, manifests, bytes, visibility, pulls, pushedAt }) => [
    ...[name, String(tags), String(manifests), formatSize(bytes), visibility, String(pulls)],
    pushedAt?.slice(0, 19) ?? '-',
  ]);
  console.log(formatTable([['REPOSITORY', 'TAGS', 'MANIFESTS', 'SIZE', 'FOR', 'PULLS', 'LAST PUSH'], ...rows]));
  console.log(
    `${counted(report.blobs, 'blob')}, ${formatSize(report.bytes)} in all; ${counted(report.accounts, 'account')}.`,
  );
}

/** `now`: also what was sent within the last hour, which a push may be about to name. */
export async function collectHub(options: { readonly now: boolean; readonly json: boolean }): Promise<void> {
  const collected = await withEngine((engine) => engine.hub.collect(options.now));
  if (options.json) console.log(JSON.stringify(collected));
  else
    console.log(
      `Removed ${counted(collected.blobs, 'blob')} of ${formatSize(collected.bytes)}, and ${counted(collected.uploads, 'upload')} that nobody finished.`,
    );
}

/** Throws Failure where its tables and files disagree. */
export async function checkHub(options: { readonly json: boolean }): Promise<void> {
  const report = await withEngine((engine) => engine.hub.check());
  if (options.json) console.log(JSON.stringify(report, null, 2));
  else if (report.ok) console.log('The tables and files of the hub agree.');
  else console.log(report.findings.join('\n'));
  if (!report.ok)
    throw new Failure(
      `The check found ${counted(report.findings.length, 'thing')} that should not be so. A blob that is lost comes back with the next push of its image.`,
    );
}

const dayMs = 24 * 3600 * 1000;

/** Prints the secret, which nobody is told again: it stands for the account's password in `docker login`. */
export async function createToken(
  account: string,
  options: { readonly name: string; readonly scope: HubTokenScope; readonly days: string | undefined },
): Promise<void> {
  const days = options.days === undefined ? null : Number(options.days);
  if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= 3650))
    throw new Failure('--days is a number from 1 to 3650.', { exitCode: 2 });
  const expiresAt = days === null ? null : new Date(Date.now() + days * dayMs).toISOString();
  const { name, scope } = options;
  const { secret } = await withEngine((engine) => engine.hub.createToken(account, { name, scope, expiresAt }));
  console.log(secret);
}

export async function listTokens(account: string, options: { readonly json: boolean }): Promise<void> {
  const tokens = await withEngine((engine) => engine.hub.tokens(account));
  if (options.json) {
    console.log(JSON.stringify(tokens, null, 2));
    return;
  }
  const rows = tokens.map(({ id, name, scope, createdAt, expiresAt, usedAt }) => [
    ...[id, printable(name), scope, day(createdAt), expiresAt === null ? 'never' : day(expiresAt)],
    usedAt === null ? 'never' : usedAt.slice(0, 16),
  ]);
  console.log(formatTable([['ID', 'NAME', 'SCOPE', 'MADE', 'EXPIRES', 'LAST USE'], ...rows]));
}

const day = (time: string): string => time.slice(0, 10);

/** With the logins that it was used for, at once. */
export async function revokeToken(account: string, id: string): Promise<void> {
  await withEngine((engine) => engine.hub.revokeToken(account, id));
  console.log(id);
}

/** Reads the password from standard input, a line. Makes the account, or gives one that is there the new password. */
export async function setAccount(name: string): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece);
  const [password = ''] = Buffer.concat(pieces).toString('utf8').split(/\r?\n/, 1);
  await withEngine(async (engine) => {
    try {
      await engine.hub.createAccount({ name, password });
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'conflict') throw error;
      await engine.hub.setPassword(name, password);
    }
  });
  console.log(name);
}
