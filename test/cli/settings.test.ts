// Settings: where they come from, what they default to, and what is said of wrong ones.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'vitest';
import { loadSettings, parseSettingsFile } from '../../cli/load-settings.ts';
import { type Definition, definitions } from '../../cli/settings.ts';
import { testRun } from '../support/instance.ts';

const noFile = { DRYDOCK_CONFIG: '/dev/null' };

async function withFile(text: string, use: (file: string) => void): Promise<void> {
  const folder = await mkdtemp(`/tmp/${testRun}-settings-`);
  try {
    const file = path.join(folder, 'drydock.conf');
    await writeFile(file, text);
    use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('without any setting the defaults hold', () => {
  const { settings, warnings } = loadSettings(noFile);
  assert.equal(settings.port, 8080);
  assert.equal(settings.origin, 'http://localhost:8080');
  assert.equal(settings.data, '/var/lib/drydock');
  assert.equal(settings.run, '/run/drydock');
  assert.equal(settings.instance, 'drydock');
  assert.equal(settings.hostMemory, 512 * 1024 ** 2);
  assert.equal(settings.capacity, null);
  assert.deepEqual(warnings, []);
});

test('the environment wins over the file, the file over the default', async () => {
  await withFile('# a comment\n\nDRYDOCK_PORT=9000\nDRYDOCK_HOST_DISK = "3 GiB"\n', (file) => {
    const { settings, sources } = loadSettings({ DRYDOCK_CONFIG: file, DRYDOCK_PORT: '9001' });
    assert.equal(settings.port, 9001);
    assert.equal(settings.origin, 'http://localhost:9001');
    assert.equal(settings.hostDisk, 3 * 1024 ** 3);
    assert.deepEqual(sources.port, { value: '9001', from: 'environment' });
    assert.equal(sources.hostDisk.from, file);
    assert.equal(sources.hostCpus.from, 'default');
  });
});

test('a run directory of its own gives an instance of its own, always the same', () => {
  const of = (run: string) => loadSettings({ ...noFile, DRYDOCK_RUN: run }).settings.instance;
  assert.match(of('/run/second'), /^drydock-[0-9a-f]{8}$/);
  assert.equal(of('/run/second'), of('/run/second'));
  assert.notEqual(of('/run/second'), of('/run/third'));
});

test('names that mean nothing are told, and where they stand', async () => {
  await withFile('DRYDOCK_PROT=1\n', (file) => {
    const { warnings } = loadSettings({ DRYDOCK_CONFIG: file, DRYDOCK_CAPACITIES: '3' });
    assert.deepEqual(warnings, [
      `${file} sets DRYDOCK_PROT, which is no setting.`,
      'The environment sets DRYDOCK_CAPACITIES, which is no setting.',
    ]);
  });
});

for (const [name, value, complaint] of [
  ['DRYDOCK_PORT', 'http', /DRYDOCK_PORT="http" is no whole number/],
  ['DRYDOCK_PORT', '70000', /must be from 1 to 65535/],
  ['DRYDOCK_LISTEN', 'localhost', /DRYDOCK_LISTEN="localhost" is no IP address/],
  ['DRYDOCK_ORIGIN', 'drydock.example.org', /is no http or https address/],
  ['DRYDOCK_ORIGIN', 'https://example.org/drydock', /has a path, \/drydock: .* write https:\/\/example\.org\. See/],
  ['DRYDOCK_ORIGIN', 'https://example.org/?a=b', /is more than an address; write https:\/\/example\.org\./],
  ['DRYDOCK_ORIGIN', 'https://me:pw@example.org', /is more than an address/],
  ['DRYDOCK_TRUSTED_PROXY', '10.0.0.1, proxy', /names "proxy", which is no IP address or range/],
  ['DRYDOCK_TRUSTED_PROXY', '10.0.0.0/33', /names "10\.0\.0\.0\/33", which is no IP address or range/],
  ['DRYDOCK_TRUSTED_PROXY', '::/0', /names ::\/0, which is every address/],
  ['DRYDOCK_DATA', 'data', /must be an absolute path/],
  ['DRYDOCK_RUN', `/${'x'.repeat(60)}`, /at most 40 characters/],
  ['DRYDOCK_HOST_MEMORY', '1', /is no size of at least/],
  ['DRYDOCK_CATALOGUE', 'some', /must be one of all, minimal/],
  [
    'DRYDOCK_HUB_WEBHOOKS',
    'ci.example.org, localhost',
    /names a place that is none: localhost is neither a name with a dot/,
  ],
  ['DRYDOCK_HUB_WEBHOOKS', '10.0.0.7:0', /names a place that is none/],
  ['DRYDOCK_UPSTREAM', 'registry.example.org', /is neither docker\.io nor an address/],
  ['DRYDOCK_MIRRORS', 'mirrors', /must be an absolute path/],
  ['DRYDOCK_MIRROR_SIZE', '1MiB', /is no size of at least/],
  ['DRYDOCK_INSTANCE', 'Big Ship', /must be 1 to 20 of a-z, 0-9 and -/],
] as const) {
  test(`${name}=${value.slice(0, 20)} is refused with a sentence`, () => {
    assert.throws(() => loadSettings({ ...noFile, [name]: value }), { name: 'Failure', message: complaint });
  });
}

test('several proxies, and ranges of them, are named with commas or blanks between', () => {
  const of = (text: string) => loadSettings({ ...noFile, DRYDOCK_TRUSTED_PROXY: text }).settings.trustedProxy;
  assert.deepEqual(of('127.0.0.1,10.1.0.0/16 , 2001:db8::/32 ::1'), [
    '127.0.0.1',
    '10.1.0.0/16',
    '2001:db8::/32',
    '::1',
  ]);
  assert.deepEqual(of(''), []);
});

test('a secret is neither shown among the settings nor told where it is wrong', () => {
  const { settings, sources } = loadSettings({ ...noFile, DRYDOCK_INVITE: 'blue-whale-4711' });
  assert.equal(settings.invite, 'blue-whale-4711');
  assert.deepEqual(sources.invite, { value: '(secret)', from: 'environment' });
  assert.throws(
    () => loadSettings({ ...noFile, DRYDOCK_INVITE: 'a b' }),
    (error: Error) => {
      return /^DRYDOCK_INVITE must be 8 to 100 letters/.test(error.message) && !error.message.includes('a b');
    },
  );
});

test('an origin may end with a slash', () => {
  assert.equal(
    loadSettings({ ...noFile, DRYDOCK_ORIGIN: 'https://example.org:8443/' }).settings.origin,
    'https://example.org:8443',
  );
});

test('all wrong settings are told at once', () => {
  assert.throws(
    () => loadSettings({ ...noFile, DRYDOCK_PORT: 'x', DRYDOCK_HOST_PIDS: 'y' }),
    (error: Error) => error.message.split('\n').length === 2,
  );
});

test('a line of the file that is no setting is named by its number', () => {
  assert.throws(() => parseSettingsFile('A=1\nnonsense\n', 'f'), /f, line 2: this is no setting/);
});

test('a settings file that was named must be there', () => {
  assert.throws(() => loadSettings({ DRYDOCK_CONFIG: '/nonexistent/conf' }), /cannot be read/);
});

test('the README tells every setting, with its default', async () => {
  // Tables are padded to even columns.
  const readme = (await readFile(new URL('../../README.md', import.meta.url), 'utf8')).replace(/ +/g, ' ');
  for (const definition of Object.values<Definition>(definitions)) {
    const { variable, fallback, otherwise, meaning } = definition;
    const shown = fallback ? `\`${fallback}\`` : otherwise;
    assert.ok(readme.includes(`| \`${variable}\` | ${shown} | ${meaning} |`), variable);
  }
});
