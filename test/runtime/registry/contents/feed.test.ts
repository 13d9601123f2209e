// What a feed of known vulnerabilities says of an image's packages, and how a feed comes and goes.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, test } from 'vitest';
import type { HubVulnerabilities } from '../../../../runtime/index.ts';
import type { Content } from '../../../../runtime/registry/contents/content.ts';
import { packagesOf } from '../../../../runtime/registry/contents/dpkg-status.ts';
import { Knowledge, type Known } from '../../../../runtime/registry/contents/known/knowledge.ts';
import { releaseOf } from '../../../../runtime/registry/contents/os-release.ts';
import { until } from '../../../support/until.ts';
import { osvFeed, trackerFeed, zipOf } from './feeds.ts';
import { debianStatus, osRelease } from './images.ts';

const log = pino({ level: 'silent' });
const never = new AbortController().signal;
const image: Content = { release: releaseOf(osRelease), packages: packagesOf([debianStatus]) };

let root: string;
let knowledge: Knowledge;

function openKnowledge(feedPath: string | null = null): Knowledge {
  return new Knowledge({
    directory: `${root}/known`,
    feed: { directory: root, path: feedPath },
    listDirectories: [],
    checkMs: 0,
    log,
  });
}

beforeEach(() => {
  root = path.join(os.tmpdir(), `drydock-feed-${randomUUID()}`);
  fs.mkdirSync(root);
  knowledge = openKnowledge();
});
afterEach(async () => {
  await knowledge[Symbol.asyncDispose]();
  fs.rmSync(root, { recursive: true });
});

async function ask(content = image): Promise<Known['vulnerabilities']> {
  await knowledge.refresh(never);
  return (await knowledge.of(content)).vulnerabilities;
}

async function known(content = image): Promise<HubVulnerabilities> {
  const told = await ask(content);
  assert.ok(told.known, JSON.stringify(told));
  return told;
}

async function unknown(content = image): Promise<string> {
  const told = await ask(content);
  assert.ok(!told.known, JSON.stringify(told));
  return told.why;
}

function bring(name: string, content: string | Buffer, date = '2026-11-21T10:00:00.000Z'): void {
  fs.writeFileSync(`${root}/${name}.new`, content);
  fs.utimesSync(`${root}/${name}.new`, new Date(date), new Date(date));
  fs.renameSync(`${root}/${name}.new`, `${root}/${name}`);
}

test('without a feed there is no claim', async () => {
  assert.equal(await unknown(), 'This machine has no feed of known vulnerabilities.');
});

test('Debian’s tracker: what each word of it comes to', async () => {
  bring('vulnerabilities.json', JSON.stringify(trackerFeed));
  const { feed, date, found, counts, undetermined, more, problem } = await known();
  assert.deepEqual([feed, date, more, problem], ['debian', '2026-11-21T10:00:00.000Z', 0, null]);
  assert.deepEqual(
    found.map(({ id, source, status, fixedVersion, urgency, note }) => [
      id,
      source,
      status,
      fixedVersion,
      urgency,
      note,
    ]),
    [
      ['CVE-2024-5535', 'openssl', 'fixable', '3.0.15-1~deb12u1', 'not yet assigned', ''],
      ['CVE-2024-28085', 'util-linux', 'fixable', '2.38.1-5+deb12u2', 'not yet assigned', ''],
      ['CVE-2024-0001', 'openssl', 'open', null, 'medium', ''],
      ['CVE-2023-45853', 'zlib', 'no-advisory', null, 'not yet assigned', 'ignored'],
      ['CVE-2024-0004', 'openssl', 'end-of-life', null, 'end-of-life', ''],
      ['CVE-2025-27587', 'openssl', 'unimportant', null, 'unimportant', ''],
    ],
  );
  assert.deepEqual(counts, { fixable: 2, open: 1, 'no-advisory': 1, unimportant: 1, 'end-of-life': 1 });
  assert.equal(undetermined, 1);
  const [first, second] = found;
  assert.deepEqual([first?.packages, first?.version], [['libssl3'], '3.0.11-1~deb12u2']);
  assert.match(first?.description ?? '', /^Issue summary: Calling .* with an empty supported/);
  assert.deepEqual([second?.packages, second?.version], [['bsdutils'], '2.38.1-5+deb12u1']);
});

test('OSV: ranges, advisories on several, withdrawn ones, other releases', async () => {
  bring('vulnerabilities.zip', osvFeed());
  const { feed, date, found } = await known();
  // Of the newest advisory: the file is younger.
  assert.deepEqual([feed, date], ['osv', '2026-11-20T08:15:00.000Z']);
  assert.deepEqual(
    found.map(({ id, source, status, fixedVersion }) => [id, source, status, fixedVersion]),
    [
      ['CVE-2024-5535', 'openssl', 'fixable', '3.0.15-1~deb12u1'],
      ['CVE-2024-6119', 'openssl', 'fixable', '3.0.14-1~deb12u2'],
      ['CVE-2023-45853', 'zlib', 'unimportant', null],
    ],
  );
});

test('a release that the feed says nothing of, and one that is not Debian’s, are no claim', async () => {
  bring('vulnerabilities.json', JSON.stringify(trackerFeed));
  const of = (id: string, codename: string, version: string): Content => ({
    ...image,
    release: { id, codename, version, name: `${id} ${version}` },
  });
  assert.match(await unknown(of('debian', 'buster', '10')), /says nothing of debian 10\.$/);
  assert.match(await unknown(of('ubuntu', 'bookworm', '24.04')), /says nothing of ubuntu 24\.04\.$/);
  assert.match(await unknown({ ...image, release: null }), /says nothing of the image’s release\.$/);
  assert.equal((await known(of('debian', 'trixie', '13'))).found.length, 1);
});

test('a new feed is taken up as it comes, one that is removed goes, and a restart reads nothing again', async () => {
  bring('vulnerabilities.json', JSON.stringify({ zlib: trackerFeed.zlib }));
  assert.equal((await known()).found.length, 1);
  const tables = `${root}/known/vulnerabilities.db`;
  const { ino } = fs.statSync(tables);
  await knowledge[Symbol.asyncDispose]();
  knowledge = openKnowledge();
  assert.equal((await known()).found.length, 1);
  assert.equal(fs.statSync(tables).ino, ino);
  bring('vulnerabilities.json', JSON.stringify(trackerFeed));
  await until('the new feed is told', async () => (await known()).found.length === 6);
  fs.rmSync(`${root}/vulnerabilities.json`);
  await until('there is no claim', async () => !(await ask()).known);
});

test.for([
  ['is cut off', JSON.stringify(trackerFeed).slice(0, 2000), /the feed is no JSON: it is cut off/],
  ['is no JSON', '{"zlib": nonsense}', /the feed is no JSON: /],
  ['is JSON of something else', JSON.stringify({ a: { b: { c: 1 } } }), /not that of Debian’s security tracker/],
  ['is empty', '{}', /not that of Debian’s security tracker/],
  ['is a page', '<!doctype html><title>404</title>', /neither the JSON of Debian’s security tracker nor a zip/],
  ['is a zip that is cut off', osvFeed().subarray(0, 900), /no zip that can be read/],
  ['is a zip of something else', zipOf([['a.json', '{"id": 1}']]), /not one of OSV’s advisories/],
] as const)('a feed that %s is refused with a sentence, and the one before stays', async ([, content, why]) => {
  bring('vulnerabilities.json', content);
  assert.match(await unknown(), why);
  fs.rmSync(`${root}/vulnerabilities.json`);
  bring('vulnerabilities.json', JSON.stringify(trackerFeed), '2026-11-20T00:00:00.000Z');
  await until('the feed is told', async () => (await ask()).known);
  bring('vulnerabilities.json', content);
  await until('the broken one is told of', async () => (await known()).problem !== null);
  const { problem, found, date } = await known();
  assert.match(problem ?? '', why);
  assert.deepEqual([found.length, date], [6, '2026-11-20T00:00:00.000Z']);
});

test('a setting names the feed; where that is not there, it says so', async () => {
  await knowledge[Symbol.asyncDispose]();
  knowledge = openKnowledge(`${root}/elsewhere.json`);
  assert.match(await unknown(), /elsewhere\.json, the feed of known vulnerabilities, is not there\.$/);
  bring('elsewhere.json', JSON.stringify(trackerFeed));
  await until('it is told', async () => (await ask()).known);
});

test('tables that are damaged are read anew', async () => {
  bring('vulnerabilities.json', JSON.stringify(trackerFeed));
  await known();
  await knowledge[Symbol.asyncDispose]();
  fs.writeFileSync(`${root}/known/vulnerabilities.db`, 'damaged');
  knowledge = openKnowledge();
  assert.equal((await known()).found.length, 6);
});

test('what is read half when the process dies is no harm to the next', async () => {
  bring('vulnerabilities.json', JSON.stringify(trackerFeed));
  fs.writeFileSync(`${root}/known/vulnerabilities.db.new`, 'half');
  await knowledge[Symbol.asyncDispose]();
  knowledge = openKnowledge();
  assert.equal((await known()).found.length, 6);
});
