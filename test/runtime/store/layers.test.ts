// Layers: packed, unpacked, verified, shared and removed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pino } from 'pino';
import { test } from 'vitest';
import { fileType, makeNode, setAttribute } from '../../../runtime/kernel/inodes.ts';
import { openRecords } from '../../../runtime/open-records.ts';
import { digestOf } from '../../../runtime/store/blobs.ts';
import { pack } from '../../../runtime/store/layer-work.ts';
import { type LayerSource, Layers, layerKind, layerName } from '../../../runtime/store/layers.ts';
import type { Records } from '../../../runtime/store/records.ts';
import { unsettledKind } from '../../../runtime/store/settling.ts';
import { tarOf } from '../../support/tar.ts';
import { until } from '../../support/until.ts';
import { temporaryDirectory, untilDone } from '../images/fixture.ts';

const ignore = (): void => undefined;
/** The blob stays where it is. */
const keep = (): void => undefined;

function openLayers(directory: string): { layers: Layers; records: Records } {
  const records = openRecords(`${directory}/db`, pino({ level: 'silent' }));
  return { layers: layersIn(directory, records), records };
}

function layersIn(directory: string, records: Records, boot = 'a boot'): Layers {
  return new Layers({ directory: `${directory}/layers`, temporary: `${directory}/incoming`, records, boot });
}

/** Writes `blob` into the directory and says that it holds `tar`. */
function sourceOf(directory: string, tar: Buffer, blob: Buffer = tar): LayerSource {
  const path = `${directory}/${digestOf(blob).slice(7, 20)}`;
  writeFileSync(path, blob);
  return { blob: path, digest: digestOf(blob), diffId: digestOf(tar), maxBytes: 1024 * 1024, keep };
}

test('a layer is unpacked from plain, gzip and zstd blobs alike', async () => {
  for (const compress of [(tar: Buffer) => tar, gzipSync, zstdCompressSync]) {
    await using temporary = await temporaryDirectory();
    const { layers } = openLayers(temporary.path);
    const tar = await tarOf([[{ name: 'etc/name' }, 'content']]);
    const layer = await layers.add(sourceOf(temporary.path, tar, compress(tar)), untilDone(), ignore);
    assert.match(layer.name, /^[a-z2-7]{16}$/);
    assert.equal(layer.size, 7);
    assert.equal(readFileSync(`${layers.directory}/${layer.name}/etc/name`, 'utf8'), 'content');
    assert.deepEqual(readdirSync(`${temporary.path}/incoming`), []);
  }
});

test('a layer whose blob or content is not what was said is not there', async () => {
  await using temporary = await temporaryDirectory();
  const { layers } = openLayers(temporary.path);
  const tar = await tarOf([[{ name: 'x' }, 'content']]);
  const source = sourceOf(temporary.path, tar, gzipSync(tar));
  const flipped = Buffer.from(gzipSync(tar, { level: 0 }));
  flipped[600] = (flipped[600] ?? 0) ^ 1;
  const attempts: [LayerSource, RegExp][] = [
    [{ ...source, digest: digestOf('other') }, /the layer's digest is/],
    [{ ...source, diffId: digestOf('other') }, /the layer's diff ID is/],
    [sourceOf(temporary.path, tar, flipped), /incorrect data check|the layer's d/],
    [sourceOf(temporary.path, Buffer.from('no tar at all'.repeat(100))), /Invalid tar header|Unexpected end/],
    [sourceOf(temporary.path, tar, gzipSync(tar).subarray(0, 60)), /unexpected end of file/],
  ];
  for (const [attempt, error] of attempts) {
    await assert.rejects(layers.add(attempt, untilDone(), ignore), error);
    assert.equal(layers.get(attempt.diffId), undefined);
  }
  assert.deepEqual(readdirSync(layers.directory), []);
  assert.deepEqual(readdirSync(`${temporary.path}/incoming`), []);
});

test('an archive that blows up is stopped at the limit', async () => {
  await using temporary = await temporaryDirectory();
  const { layers } = openLayers(temporary.path);
  const bomb = await tarOf([[{ name: 'zeros' }, Buffer.alloc(64 * 1024 * 1024)]]);
  for (const blob of [gzipSync(bomb), zstdCompressSync(bomb)]) {
    await assert.rejects(
      layers.add(sourceOf(temporary.path, bomb, blob), untilDone(), ignore),
      /more than 1048576 bytes/,
    );
  }
  // All padding and no files: the limit holds for what no entry counts.
  const padding = Buffer.concat([await tarOf([[{ name: 'x' }, 'x']]), Buffer.alloc(64 * 1024 * 1024)]);
  await assert.rejects(
    layers.add(sourceOf(temporary.path, padding, gzipSync(padding)), untilDone(), ignore),
    /expands to more than/,
  );
});

test('two who ask for one layer at once wait for one unpacking, also when one gives up', async () => {
  await using temporary = await temporaryDirectory();
  const { layers } = openLayers(temporary.path);
  const tar = await tarOf([[{ name: 'x' }, 'content']]);
  const source = sourceOf(temporary.path, tar);
  const giveUp = new AbortController();
  const first = layers.add(source, giveUp.signal, ignore);
  const second = layers.add(source, untilDone(), ignore);
  giveUp.abort();
  await assert.rejects(first, { name: 'AbortError' });
  const layer = await second;
  assert.deepEqual(readdirSync(layers.directory), [layer.name]);
});

test('a blob that is not what was said fails nobody who brings the layer itself', async () => {
  await using temporary = await temporaryDirectory();
  const { layers } = openLayers(temporary.path);
  const tar = await tarOf([[{ name: 'x' }, 'content']]);
  const good = sourceOf(temporary.path, tar);
  const bad = { ...sourceOf(temporary.path, await tarOf([[{ name: 'x' }, 'another']])), diffId: good.diffId };
  const [first, second] = await Promise.allSettled([
    layers.add(bad, untilDone(), ignore),
    layers.add(good, untilDone(), ignore),
  ]);
  assert.match(String(first.status === 'rejected' && first.reason), /the layer's diff ID is/);
  const layer = layers.get(good.diffId);
  assert.deepEqual(second, { status: 'fulfilled', value: layer });
  assert.equal(readFileSync(`${layers.directory}/${layer?.name}/x`, 'utf8'), 'content');
});

test('a layer whose blob gets no place is not there; its blob is told as it was found', async () => {
  await using temporary = await temporaryDirectory();
  const { layers } = openLayers(temporary.path);
  const tar = await tarOf([[{ name: 'x' }, 'content']]);
  const packed = gzipSync(tar);
  const kept: string[] = [];
  const keeping = (fails: boolean) => (digest: string) => {
    kept.push(digest);
    assert.deepEqual(readdirSync(layers.directory), []);
    if (fails) throw new Error('no place');
  };
  const source = { ...sourceOf(temporary.path, tar, packed), digest: null };
  await assert.rejects(layers.add({ ...source, keep: keeping(true) }, untilDone(), ignore), /no place/);
  assert.equal(layers.get(source.diffId), undefined);
  assert.deepEqual([readdirSync(layers.directory), readdirSync(`${temporary.path}/incoming`)], [[], []]);
  const layer = await layers.add({ ...source, keep: keeping(false) }, untilDone(), ignore);
  assert.equal(layer.blob, digestOf(packed));
  assert.deepEqual(kept, [digestOf(packed), digestOf(packed)]);
});

test('what a crash has left is removed, what was whole is known again', async () => {
  await using temporary = await temporaryDirectory();
  const { layers, records } = openLayers(temporary.path);
  const tar = await tarOf([[{ name: 'x' }, 'content']]);
  const source = sourceOf(temporary.path, tar);
  const layer = await layers.add(source, untilDone(), ignore);
  mkdirSync(`${temporary.path}/incoming/half-unpacked/etc`, { recursive: true });
  mkdirSync(`${layers.directory}/abcdefghijklmnop`);
  records.put(layerKind, '', 'lost', {
    name: 'lost',
    diffId: digestOf('lost'),
    size: 1,
    blob: null,
    tarBytes: null,
    compressed: null,
  });
  const again = layersIn(temporary.path, records);
  assert.deepEqual(again.all(), [layer]);
  assert.deepEqual(readdirSync(layers.directory), [layer.name]);
  again.remove(source.diffId);
  assert.equal(again.get(source.diffId), undefined);
  assert.deepEqual(readdirSync(layers.directory), []);
});

test('a layer that was not on the disk yet does not outlive a power loss; what was, and what an engine of the same boot left, does', async () => {
  await using temporary = await temporaryDirectory();
  const { path } = temporary;
  const { layers, records } = openLayers(path);
  const sources: LayerSource[] = [];
  for (const text of ['settled', 'not settled']) sources.push(sourceOf(path, await tarOf([[{ name: 'x' }, text]])));
  const [first, second] = sources;
  assert.ok(first && second);
  const settled = await layers.add(first, untilDone(), ignore);
  await layers.settle();
  assert.deepEqual(records.list(unsettledKind), []);
  layers.close(); // settles nothing from here on, as one that is killed in time
  const unsettled = await layers.add(second, untilDone(), ignore);
  assert.deepEqual(records.list(unsettledKind), [{ name: unsettled.name, boot: 'a boot' }]);

  const killed = layersIn(path, records);
  assert.deepEqual(killed.all(), [settled, unsettled]);
  killed.close();
  assert.deepEqual(records.list(unsettledKind), [{ name: unsettled.name, boot: 'a boot' }]);

  const powerless = layersIn(path, records, 'another boot');
  assert.deepEqual(powerless.all(), [settled]);
  assert.deepEqual(readdirSync(layers.directory), [settled.name]);
  assert.deepEqual(records.list(unsettledKind), []);
  assert.deepEqual(await powerless.add(second, untilDone(), ignore), unsettled);
  powerless.remove(second.diffId);
  assert.deepEqual(records.list(unsettledKind), []);
});

test('layers are brought to the disk by themselves', async () => {
  await using temporary = await temporaryDirectory();
  const { layers, records } = openLayers(temporary.path);
  await layers.add(sourceOf(temporary.path, await tarOf([[{ name: 'x' }, 'x']])), untilDone(), ignore);
  await until('it is on the disk', () => records.list(unsettledKind).length === 0);
});

test('a layer name is short enough for 127 of them to fit the options of a mount', () => {
  const name = layerName(digestOf('x'));
  assert.ok(`/var/lib/drydock/run/mnt/${name}:`.length * 127 < 8192);
  assert.ok(`${name}:`.length * 127 < 4096);
  assert.notEqual(name, layerName(digestOf('y')));
});

test('packing and unpacking a directory gives the same directory', async () => {
  await using temporary = await temporaryDirectory();
  const from = `${temporary.path}/from`;
  mkdirSync(from);
  const script = `mkdir -p a/b; echo one > a/one; ln a/one a/two; ln -s /nowhere a/link; mkfifo a/fifo; chmod 4755 a/one
    chown -h 7:8 a/link; touch -d 2001-02-03 a/one a/b; : > "a/$(printf 'n%.0s' $(seq 200))"; head -c 3000000 /dev/urandom > big`;
  execFileSync('sh', ['-euc', script], { cwd: from });
  symlinkSync('x', `${from}/a/ü`);
  makeNode(`${from}/a/gone`, fileType.character, 0n);
  setAttribute(`${from}/a/b`, 'trusted.overlay.opaque', Buffer.from('y'));
  setAttribute(`${from}/big`, 'user.note', Buffer.from('kept'));
  const blob = `${temporary.path}/blob`;
  const packed = await pack({ kind: 'pack', directory: from, blob, compression: 'gzip' }, untilDone(), ignore);
  assert.equal(digestOf(readFileSync(blob)), packed.digest);
  const names = execFileSync('tar', ['-tzf', blob], { encoding: 'utf8' });
  assert.match(names, /^a\/\.wh\.gone$/m);
  assert.match(names, /^a\/b\/\.wh\.\.wh\.\.opq$/m);

  const { layers } = openLayers(temporary.path);
  const { digest, diffId } = packed;
  const layer = await layers.add({ blob, digest, diffId, maxBytes: 1e7, keep }, untilDone(), ignore);
  const list = (directory: string) =>
    execFileSync('find', [directory, '-mindepth', '1', '-printf', '%P %y %m %U %G %n %l %s %TF\\n'], {
      encoding: 'utf8',
    })
      .split('\n')
      .sort();
  assert.deepEqual(list(`${layers.directory}/${layer.name}`), list(from));
  assert.ok(existsSync(blob));
  truncateSync(blob, packed.size - 1);
  assert.deepEqual(await layers.add({ blob, digest, diffId, maxBytes: 1e7, keep }, untilDone(), ignore), layer);
});
