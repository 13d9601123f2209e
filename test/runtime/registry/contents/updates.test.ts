// Packages with newer versions, by lists of Debian's suites that are on the machine.

import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterEach, beforeEach, test } from 'vitest';
import type { HubUpdates } from '../../../../runtime/index.ts';
import type { Content } from '../../../../runtime/registry/contents/content.ts';
import { packagesOf } from '../../../../runtime/registry/contents/dpkg-status.ts';
import { Knowledge, type Known } from '../../../../runtime/registry/contents/known/knowledge.ts';
import { releaseOf } from '../../../../runtime/registry/contents/os-release.ts';
import { until } from '../../../support/until.ts';
import { debianStatus, osRelease } from './images.ts';

const never = new AbortController().signal;
const image: Content = { release: releaseOf(osRelease), packages: packagesOf([debianStatus]) };

let root: string;
let knowledge: Knowledge;

beforeEach(() => {
  root = path.join(os.tmpdir(), `drydock-lists-${randomUUID()}`);
  for (const name of ['own', 'apt']) fs.mkdirSync(`${root}/${name}`, { recursive: true });
  knowledge = openKnowledge();
});
afterEach(async () => {
  await knowledge[Symbol.asyncDispose]();
  fs.rmSync(root, { recursive: true });
});

function openKnowledge(): Knowledge {
  return new Knowledge({
    directory: `${root}/known`,
    feed: { directory: root, path: null },
    listDirectories: [`${root}/own`, `${root}/none`, `${root}/apt`],
    checkMs: 0,
    log: pino({ level: 'silent' }),
  });
}

interface Suite {
  readonly directory?: string;
  readonly host?: string;
  readonly suite: string;
  readonly origin?: string;
  readonly date: string;
  /** `NAME VERSION ARCHITECTURE` */
  readonly packages: readonly string[];
  readonly codename?: string;
}

/** Two files, as apt keeps them of a suite. */
function bring({ directory = 'apt', host = 'deb.debian.org_debian', suite, packages, ...more }: Suite): string {
  const { origin = 'Debian', date, codename = suite } = more;
  const release = `${root}/${directory}/${host}_dists_${suite}`;
  const head = [`Origin: ${origin}`, `Label: ${origin}`, `Suite: oldstable${suite.replace(/^[a-z]+/, '')}`];
  const paragraphs = packages.map((one) => {
    const [name, version, architecture] = one.split(' ');
    return `Package: ${name}\nSource: x\nVersion: ${version}\nInstalled-Size: 1\nArchitecture: ${architecture}\nDescription: y\n`;
  });
  const text = paragraphs.join('\n');
  const sum = createHash('sha256').update(text).digest('hex');
  fs.writeFileSync(
    `${release}_InRelease`,
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${head.join('\n')}\nVersion: 12\nCodename: ${codename}\nDate: ${date}\nSHA256:\n ${sum} ${text.length} main/binary-amd64/Packages\n`,
  );
  const path = `${release}_main_binary-amd64_Packages`;
  fs.writeFileSync(`${path}.gz`, gzipSync(text));
  return `${path}.gz`;
}

const main: Suite = {
  suite: 'bookworm',
  date: 'Sat, 17 May 2025 09:04:31 UTC',
  packages: [
    'adduser 3.134 all',
    'libssl3 3.0.15-1~deb12u1 amd64',
    'zlib1g 1:1.2.13.dfsg-1 amd64',
    'bsdutils 1:2.38.1-5+deb12u1 amd64',
    'bsdutils 1:9 arm64',
    'unrelated 1 all',
  ],
};
const security: Suite = {
  suite: 'bookworm-security',
  host: 'deb.debian.org_debian-security',
  date: 'Sat, 28 Nov 2026 02:53:00 UTC',
  packages: ['libssl3 3.0.17-1~deb12u3 amd64', 'libssl3 3.0.16-1~deb12u1 amd64'],
};

async function ask(content = image): Promise<Known> {
  await knowledge.refresh(never);
  return await knowledge.of(content);
}

async function updates(content = image): Promise<HubUpdates> {
  const told = (await ask(content)).updates;
  assert.ok(told.known, JSON.stringify(told));
  return told;
}

async function why(content = image): Promise<string> {
  const told = (await ask(content)).updates;
  assert.ok(!told.known, JSON.stringify(told));
  return told.why;
}

test('without lists there is no claim', async () => {
  assert.equal(await why(), 'This machine has no list of the packages of Debian GNU/Linux 12 (bookworm).');
  assert.deepEqual(
    (await ask()).packages.map(({ newer }) => newer),
    [null, null, null, null],
  );
});

test('the newest of all suites counts, each with its date; a package of another architecture does not', async () => {
  bring(main);
  bring(security);
  bring({ ...main, suite: 'bookworm-updates', codename: 'bookworm', packages: [] });
  assert.deepEqual(await updates(), {
    known: true,
    suites: [
      { name: 'bookworm', date: '2025-05-17T09:04:31.000Z' },
      { name: 'bookworm-security', date: '2026-11-28T02:53:00.000Z' },
      { name: 'bookworm-updates', date: '2025-05-17T09:04:31.000Z' },
    ],
    problem: null,
    many: 1,
  });
  assert.deepEqual(
    (await ask()).packages.map(({ name, newer }) => [name, newer]),
    [
      ['adduser', null],
      ['bsdutils', null],
      ['libssl3', { version: '3.0.17-1~deb12u3', suite: 'bookworm-security' }],
      ['zlib1g', null],
    ],
  );
});

test('of two copies of a list the later one counts, wherever it is', async () => {
  bring(main);
  bring({
    ...main,
    directory: 'own',
    date: 'Sat, 6 Sep 2025 09:00:00 UTC',
    packages: ['zlib1g 1:1.2.13.dfsg-1+deb12u1 amd64'],
  });
  const { suites, many } = await updates();
  assert.deepEqual([suites, many], [[{ name: 'bookworm', date: '2025-09-06T09:00:00.000Z' }], 1]);
});

test('lists of others, of backports and of no release are none; updates alone are no claim', async () => {
  bring({ ...main, origin: 'Acme' });
  bring({ ...main, suite: 'bookworm-backports' });
  fs.writeFileSync(`${root}/apt/alone_dists_bookworm_main_binary-amd64_Packages`, 'Package: x\n');
  assert.match(await why(), /has no list/);
  bring(security);
  await until('the list is read', async () => !(await why()).includes('being read'));
  assert.match(await why(), /has no list of the packages of Debian GNU\/Linux 12/);
});

test('another release, and a distribution that is not Debian, are no claim', async () => {
  bring(main);
  const of = (id: string, codename: string): Content => ({
    ...image,
    release: { id, codename, version: '1', name: id },
  });
  assert.match(await why(of('debian', 'trixie')), /has no list of the packages of debian/);
  assert.match(await why(of('ubuntu', 'bookworm')), /^ubuntu is not Debian’s/);
});

test('lists that change are taken up, and damaged ones are told of, while what was known stays', async () => {
  bring(main);
  assert.equal((await updates()).many, 1);
  const list = bring({ ...main, date: 'Sat, 6 Sep 2025 09:00:00 UTC', packages: ['libssl3 1 amd64'] });
  await until('the new list is told', async () => (await updates()).many === 0);
  fs.writeFileSync(list, fs.readFileSync(list).subarray(0, 30));
  await until('the damage is told of', async () => (await updates()).problem !== null);
  const { problem, many } = await updates();
  assert.match(problem ?? '', /Packages\.gz (cannot be read|is not the list)/);
  assert.equal(many, 0);
});

test('an answer to one image with as many packages as an image may have leaves the event loop to others', async () => {
  const many = Array.from({ length: 10_000 }, (_, n) => `p${n}`);
  bring({ ...main, packages: many.map((name) => `${name} 2 all`) });
  const packages = many.map((name) => ({ name, version: '1', architecture: 'all', source: { name, version: '1' } }));
  await knowledge.refresh(never);
  let turns = 0;
  let next: NodeJS.Immediate;
  const count = (): void => {
    turns++;
    next = setImmediate(count);
  };
  next = setImmediate(count);
  const { updates } = await knowledge.of({ ...image, packages });
  clearImmediate(next);
  assert.ok(updates.known && updates.many === 10_000);
  assert.ok(turns >= 40, `others had ${turns} turns`);
});
