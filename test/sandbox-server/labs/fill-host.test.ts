// A lab whose image is still being made waits for it, however long that takes, and says what it waits for.

import assert from 'node:assert/strict';
import type { CatalogueImage } from '@drydock/runtime';
import { test } from 'vitest';
import { type FillingEngine, fillHost } from '../../../sandbox-server/labs/fill-host.ts';
import { playgroundLesson } from '../../../sandbox-server/labs/lessons.ts';
import { workspaceBuilt } from '../../../sandbox-server/labs/wait-for-image.ts';

const lesson = { lab: { ...playgroundLesson.lab, images: ['redis:7'] }, files: new Map() };
type State = Pick<CatalogueImage, 'state' | 'step'>;

/** An engine that is at `states` of its redis one after another; a pull is done when that is ready, else it takes too long. */
function engineAt(states: readonly State[]) {
  const left = [...states];
  let pulls = 0;
  const engine: Pick<FillingEngine, 'run' | 'status'> = {
    run: async () => {
      pulls += 1;
      const isReady = left[0]?.state === 'ready';
      return { exitCode: isReady ? 0 : 137, stdout: '', stderr: '', truncated: false, timedOut: !isReady };
    },
    status: async () => {
      const now = (left.length > 1 ? left.shift() : left[0]) ?? { state: 'ready', step: '' };
      const of = (reference: string, { state, step }: State) => ({
        reference,
        names: [reference],
        imageId: null,
        state,
        step,
        elapsedMs: 0,
        sizeBytes: 0,
        source: 'dockerfile' as const,
      });
      return {
        version: '',
        pid: 1,
        instance: '',
        startedAt: '',
        hosts: 0,
        maxHosts: 1,
        ready: true,
        storeFreeBytes: 0,
        loop: { longestStallMs: 0, p99StallMs: 0, longestTurn: null },
        catalogue: [of('postgres:17', { state: 'building', step: 'another' }), of('redis:8', now)],
      };
    },
  };
  const nothing = async () => assert.fail('the lab has no files');
  return { engine: { ...engine, makeDirectory: nothing, writeFile: nothing }, pulls: () => pulls };
}

test('a lab waits for its image as long as it is being made, and tells each step once', async () => {
  const { engine, pulls } = engineAt([
    { state: 'waiting', step: '' },
    { state: 'building', step: 'installing' },
    { state: 'building', step: 'installing' },
    { state: 'ready', step: '' },
  ]);
  const told: string[] = [];
  await fillHost(engine, 'h', 'docker-host', lesson, { told: (step) => told.push(step), isThere: () => true });
  assert.deepEqual(told, ['redis:8', 'redis:8: installing']);
  assert.equal(pulls(), 2, 'the first begins it, the second has it');
});

test('a pull that takes too long though its image is there is given up after the second time', async () => {
  const { engine, pulls } = engineAt([{ state: 'failed', step: 'no network' }]);
  const options = { told: () => undefined, isThere: () => true };
  await assert.rejects(
    fillHost(engine, 'h', 'docker-host', lesson, options),
    /^Error: pull redis:7 for the lab: not done/,
  );
  assert.equal(pulls(), 2);
});

test('nobody waits for a lab that has ended', async () => {
  const { engine, pulls } = engineAt([{ state: 'building', step: 'installing' }]);
  let there = true;
  const told = () => {
    there = false;
  };
  await fillHost(engine, 'h', 'docker-host', lesson, { told, isThere: () => there });
  assert.equal(pulls(), 1);
});

/** What a lab asked for and was told, whose machine is made from the image of the engine that is at `states`. */
async function askedAndTold(states: readonly State[]) {
  const { engine } = engineAt(states);
  const built: (readonly string[])[] = [];
  const told: string[] = [];
  const buildCatalogue = async (names: readonly string[]) => {
    built.push(names);
    return names;
  };
  const options = { told: (step: string) => told.push(step), isThere: () => true };
  const error = await workspaceBuilt({ ...engine, buildCatalogue }, 'redis', options).catch(String);
  return { built, told, error: error ?? null };
}

test('a lab has the image built that its machine is made from, and tells each step', async () => {
  const building: State = { state: 'building', step: 'installing' };
  const { built, told, error } = await askedAndTold([
    { state: 'waiting', step: '' },
    building,
    { state: 'ready', step: '' },
  ]);
  assert.deepEqual({ built, told, error }, { built: [['redis']], told: ['redis:8: installing'], error: null });
});

test('a machine whose image is there is made at once, and one whose image cannot be built is not made', async () => {
  assert.deepEqual(await askedAndTold([{ state: 'ready', step: '' }]), { built: [], told: [], error: null });
  const { built, error } = await askedAndTold([{ state: 'failed', step: 'no network' }]);
  assert.deepEqual(built, [['redis']]);
  assert.match(error ?? '', /The image redis, .* could not be built/);
});
