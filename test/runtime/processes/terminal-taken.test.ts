// An OCI runtime that has ended before conmon has looked at its console socket. A runtime that stops conmon makes it so.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { argumentsOf } from '../../../runtime/kernel/processes.ts';
import { createDockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { status } from '../../support/outside.ts';
import { until } from '../../support/until.ts';

let directory: string;
let engine: TestEngine;

/** Where a terminal is asked for, stops the conmon that called it until its caller has looked. Tells by a file that crun is done. */
const stopping = (told: string): string => `#!/bin/sh
case "$1 $*" in
*' --console-socket '*) ;;
*) exec crun "$@" ;;
esac
for word; do [ "$before" = --pid-file ] && conmon=$(cat "\${word%/pid}/conmon.pid"); before=$word; done
kill -STOP "$conmon"
crun "$@"
status=$?
echo $status > ${told}/.part && mv ${told}/.part ${told}/done
exit $status
`;

beforeAll(async () => {
  directory = mkdtempSync('/tmp/drydock-terminal-');
  const ociRuntime = `${directory}/crun`;
  writeFileSync(ociRuntime, stopping(directory), { mode: 0o755 });
  engine = await startEngine({ ociRuntime });
});

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const processes = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The runtime, while it runs. */
const isRuntime = (pid: number): boolean => argumentsOf(pid)[1] === `${engine.instance.run}/runtime/crun`;

/** The conmon of an exec of ours that is stopped. */
function isStoppedMonitor(pid: number): boolean {
  const words = argumentsOf(pid);
  const isOurs = words.includes('--exec') && words.some((word) => word.startsWith(engine.instance.run));
  return isOurs && stateOf(pid) === 'T';
}

/** Letter of proc(5); null where the process is gone. */
function stateOf(pid: number): string | null {
  try {
    return status(pid, 'State').charAt(0);
  } catch {
    return null;
  }
}

test('a terminal is taken, however late, before the runtime is seen to have ended', async () => {
  await createDockerHost(engine, 'late');
  const started = await engine.docker('late', 'run', '-d', '--name', 'box', 'busybox', 'sleep', '1000');
  assert.equal(started.exitCode, 0, started.stderr);
  const asked = engine.docker('late', 'exec', '-t', 'box', 'echo', 'hello');
  await until('crun has ended', () => existsSync(`${directory}/done`));
  assert.equal(readFileSync(`${directory}/done`, 'utf8'), '0\n');
  await until('the runtime has ended', () => !processes().some(isRuntime));
  const monitor = processes().find(isStoppedMonitor);
  assert.ok(monitor);
  const waits = readFileSync(`/proc/${monitor}/task/${monitor}/children`, 'utf8').trim().split(' ').map(Number);
  const isThere = (state: string | null): boolean => state !== null && state !== 'Z';
  assert.ok(waits.map(stateOf).some(isThere), 'what conmon has called waits for it');
  process.kill(monitor, 'SIGCONT');
  const { stdout, exitCode } = await asked;
  assert.deepEqual([stdout, exitCode], ['hello\r\n', 0]);
});
