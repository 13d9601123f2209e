// Prints the tables of a registry with something of everything in them, as SQL: `record-registry.ts > registries/COMMIT.sql`, at that
// commit. What is in them is told to `registries.test.ts`, which takes them over.

import { once } from 'node:events';
import fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createAccount } from '../../runtime/registry/accounts/people.ts';
import { descriptorOf, mediaTypes, pushManifest, pushParts } from '../runtime/registry/contents.ts';
import { basic, OwnHub } from '../support/own-hub.ts';
import { type AskOptions, sha256, sha512 } from '../support/own-registry.ts';

const hub = await OwnHub.open();
const { accounts } = hub;
for (const name of ['ada', 'ben']) await createAccount(accounts, { name, password: `the password of ${name}` });
const ada = accounts.accounts.need('ada');
const { secret } = await accounts.change(() => {
  accounts.namespaces.add('team', ada, 'private');
  accounts.namespaces.setMember('team', accounts.accounts.need('ben'), 'read');
  accounts.accounts.setPulls(ada, '100;w=3600');
  accounts.sessions.ensure('student-abcdef');
  return accounts.tokens.add(ada, { name: 'laptop', scope: 'read-write', expires: null });
});
const headers = basic('ada', secret);
const served = {
  ask: (line: string, options?: AskOptions) =>
    hub.ask(line, { ...options, headers: { ...options?.headers, ...headers } }),
};
const text = await pushParts(served, 'team/app', ['a layer']);
await pushManifest(served, 'team/app', 'v1', text);
const subject = descriptorOf(text, mediaTypes.ociManifest);
const annotations = { note: 'of the image' };
await pushManifest(
  served,
  'team/app',
  'signature',
  await pushParts(served, 'team/app', ['a signature'], { subject, annotations }),
);
const long = 'by its sha512';
await served.ask(`POST /v2/ada/open/blobs/uploads/?digest=${sha512(long)}`, { body: long });
await served.ask(`POST /v2/ada/open/blobs/uploads/?mount=${sha256('a layer')}&from=team/app`);
await accounts.change(() => accounts.setVisibility('ada/open', 'public'));
const begun = await served.ask('POST /v2/ada/open/blobs/uploads/');
await served.ask(`PATCH ${begun.header('location')}`, { body: 'half of it' });
await hub.registry[Symbol.asyncDispose]();

const database = new DatabaseSync(`${hub.directory}/registry.db`);
const quoted = (value: unknown): string => {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return value instanceof Uint8Array ? `x'${Buffer.from(value).toString('hex')}'` : String(value);
};
const lines = [`-- The access token of ada: ${secret}`];
const tables = database
  .prepare(`SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid`)
  .all();
for (const { sql } of tables) lines.push(`${sql};`);
for (const { name } of [...tables, { name: 'sqlite_sequence' }]) {
  if (!database.prepare(`SELECT 1 FROM sqlite_master WHERE name = ? AND type = 'table'`).get(String(name))) continue;
  for (const row of database.prepare(`SELECT * FROM ${name}`).all())
    lines.push(
      `INSERT INTO ${name} (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).map(quoted).join(', ')});`,
    );
}
lines.push(`PRAGMA user_version = ${database.prepare('PRAGMA user_version').get()?.user_version};`);
database.close();
fs.rmSync(hub.directory, { recursive: true });
if (!process.stdout.write(`${lines.join('\n')}\n`)) await once(process.stdout, 'drain');
process.exit(0);
