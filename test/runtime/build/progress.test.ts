// What a build tells of itself, to whoever asks and whenever.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { Builds } from '../../../runtime/build/builds.ts';
import { MessageRoom } from '../../../runtime/build/grpc/frames.ts';
import { Progress, ProgressRoom } from '../../../runtime/build/progress.ts';
import { Sessions } from '../../../runtime/build/sessions.ts';
import { maxProgressBytes, maxStepLogBytes } from '../../../runtime/limits.ts';

const { signal } = new AbortController();
const plan = { digest: 'sha256:1', name: 'a step', inputs: [] };

test('who asks late is told all from the start, and who asks early all to the end', async () => {
  const progress = new Progress();
  const early = Array.fromAsync(progress.told(signal));
  const vertex = progress.vertex(plan);
  vertex.start();
  const late = Array.fromAsync(progress.told(signal));
  vertex.log(1, Buffer.from('said'));
  vertex.complete();
  progress.end();
  const told = await early;
  assert.equal(told.length, 4);
  assert.deepEqual(await late, told);
  assert.deepEqual(await Array.fromAsync(progress.told(signal)), told);
});

test('the output of a step is cut off where it is too much, and said to be', async () => {
  const progress = new Progress();
  const vertex = progress.vertex(plan);
  for (let sent = 0; sent <= maxStepLogBytes; sent += 64 * 1024) vertex.log(1, Buffer.alloc(64 * 1024, 'x'));
  vertex.log(1, Buffer.from('more'));
  progress.end();
  const logs = (await Array.fromAsync(progress.told(signal))).flatMap((event) => event.logs ?? []);
  const text = logs.map(({ msg }) => Buffer.from(msg ?? []).toString()).join('');
  assert.equal(text.replace(/x/g, ''), '\n[output clipped, log limit 2MiB reached]\n');
  assert.equal(text.lastIndexOf('x') + 1, maxStepLogBytes);
});

test('the progress of a build is told to who asks before it begins, and after it has ended', async () => {
  const builds = new Builds();
  const before = builds.progressOf('one', signal);
  const build = builds.begin('one', 'session', new Sessions(new MessageRoom()));
  build.progress.vertex(plan);
  builds.end(build);
  assert.equal(await before, build.progress);
  assert.equal((await Array.fromAsync((await builds.progressOf('one', signal)).told(signal))).length, 1);
});

test('the builds of a host keep so much of what is said together, tell of their steps all the same, and give it back', async () => {
  const room = new ProgressRoom();
  const first = new Progress(room);
  const piece = Buffer.alloc(64 * 1024, 'x');
  const said = (progress: Progress) => Array.fromAsync(progress.told(signal));
  const textOf = async (progress: Progress): Promise<string> =>
    (await said(progress))
      .flatMap(({ logs = [] }) => logs.map(({ msg }) => Buffer.from(msg ?? []).toString()))
      .join('');
  for (let sent = 0; sent < maxProgressBytes; sent += maxStepLogBytes) {
    const vertex = first.vertex(plan);
    for (let at = 0; at < maxStepLogBytes; at += piece.length) vertex.log(1, piece);
  }
  const second = new Progress(room);
  const step = second.vertex(plan);
  step.log(1, piece);
  step.log(1, piece);
  step.complete();
  second.end();
  assert.equal(await textOf(second), '\n[output clipped, the builds of this host have said as much as is kept]\n');
  assert.ok((await said(second)).at(-1)?.vertexes?.[0]?.completed);
  first.end();
  assert.ok((await textOf(first)).length < maxProgressBytes);
  first[Symbol.dispose]();
  const third = new Progress(room);
  third.vertex(plan).log(1, piece);
  third.end();
  assert.equal((await textOf(third)).length, piece.length);
});
