// The student's shell: what people look for there is there.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';

/** As long as a busy machine may take to read a large program for the first time. */
const timeoutMs = 60_000;
let engine: RunningEngine;

beforeAll(async () => {
  engine = await sharedEngine();
  await engine.client.createHost('one');
});

afterAll(() => engine[Symbol.asyncDispose]());

/** Each command ends with 0 where the program is there and works for a student without any power. */
const commands: readonly (readonly string[])[] = [
  ['curl', '--version'],
  ['git', '--version'],
  ['htop', '--version'],
  ['ip', 'address'],
  ['jq', '--version'],
  ['less', '--version'],
  ['lsof', '-v'],
  ['nano', '--version'],
  ['ping', '-c', '1', '127.0.0.1'],
  ['ps', 'ax'],
  ['python3', '-c', 'import http.server, json, ssl, sqlite3'],
  ['tmux', '-V'],
  ['tree', '--version'],
  ['vim', '--version'],
  ['wget', '--version'],
];

for (const argv of commands) {
  test(`${argv.join(' ')} works in the student's shell`, async () => {
    const { exitCode, stderr } = await engine.client.run('one', { argv, timeoutMs });
    assert.equal(exitCode, 0, stderr);
  });
}

for (const [section, page] of [
  ['1', 'nsenter'],
  ['7', 'namespaces'],
] as const) {
  test(`man ${section} ${page} shows the manual page in the student's shell`, async () => {
    const { exitCode, stdout, stderr } = await engine.client.run('one', { argv: ['man', section, page], timeoutMs });
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /DESCRIPTION/);
  });
}

test('git prints what fits on one screen, and waits for no key', async () => {
  // Its terminal never gets one, nor an end of what is typed.
  const script = `export TERM=xterm; . /etc/profile; cd; git init -q one; cd one
git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first
mkfifo /tmp/keys; exec 3<>/tmp/keys
script -qec "git log" /dev/null <&3; echo over`;
  const { stdout, stderr } = await engine.client.run('one', { argv: ['bash', '-c', script], timeoutMs });
  assert.match(stdout, /commit [0-9a-f]{40}.*first.*over/s, stderr);
});
