// `docker import`: one tar, and changes to its configuration.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { test } from 'vitest';
import { applyChanges } from '../../../runtime/images/changes.ts';
import { tarOf } from '../../support/tar.ts';
import { xzOf } from '../../support/xz.ts';
import { collect, testImages, untilDone } from './fixture.ts';

const options = { repository: 'base', tag: '1', message: '', changes: [] as string[], signal: untilDone() };

test('a tar becomes an image of one layer', async () => {
  await using images = await testImages();
  const host = images.host('a');
  const tar = gzipSync(await tarOf([[{ name: 'bin/x' }, 'program']]));
  const changes = ['CMD ["/bin/x"]', 'ENV A=1'];
  const lines = await collect(host.images.importArchive(Readable.from([tar]), { ...options, changes }));
  const image = host.images.resolve('base:1');
  assert.deepEqual(lines, [{ status: image.id }]);
  assert.deepEqual(image.config, { Cmd: ['/bin/x'], Env: ['A=1'] });
  const body = host.images.inspect('base:1') as Record<string, unknown>;
  assert.deepEqual(Object.keys(body), [
    'Id',
    'RepoTags',
    'RepoDigests',
    'Parent',
    'Comment',
    'Created',
    'DockerVersion',
    'Author',
    'Architecture',
    'Os',
    'Size',
    'GraphDriver',
    'RootFS',
    'Metadata',
    'Config',
  ]);
  assert.equal(body.Comment, 'Imported from -');
  assert.equal(body.Size, 7);
  assert.deepEqual(body.Config, {
    Cmd: ['/bin/x'],
    Entrypoint: null,
    Env: ['A=1'],
    Labels: null,
    OnBuild: null,
    User: '',
    Volumes: null,
    WorkingDir: '',
  });
  const [step] = host.images.history('base:1') as Record<string, unknown>[];
  assert.deepEqual(
    { ...step, Created: 0 },
    {
      Comment: 'Imported from -',
      Created: 0,
      CreatedBy: '',
      Id: image.id,
      Size: 7,
      Tags: ['base:1'],
    },
  );
  assert.deepEqual(host.events, [
    { action: 'tag', id: image.id, name: 'base:1' },
    { action: 'import', id: image.id, name: image.id },
  ]);
});

test('a tar that is compressed as no layer can be becomes the same layer', async () => {
  await using images = await testImages();
  const { images: host } = images.host('a');
  const tar = Buffer.from(await tarOf([[{ name: 'bin/x' }, 'program']]));
  for (const [name, content] of Object.entries({ plain: tar, packed: xzOf(tar) }))
    await collect(host.importArchive(Readable.from([content]), { ...options, repository: name }));
  const [plain, packed] = ['plain:1', 'packed:1'].map((name) => host.inspect(name) as { RootFS: object; Size: number });
  assert.deepEqual([packed?.RootFS, packed?.Size], [plain?.RootFS, 7]);
});

test('an import with a name or change that cannot be fails before the first line', async () => {
  await using images = await testImages();
  const { images: host } = images.host('a');
  const attempt = (more: object) => () => host.importArchive(Readable.from([]), { ...options, ...more });
  assert.throws(attempt({ repository: 'Base' }), /must be lowercase/);
  assert.throws(attempt({ tag: 'no tag' }), /invalid tag format/);
  assert.throws(attempt({ changes: ['RUN rm -rf /'] }), {
    kind: 'invalid',
    message: 'RUN is not a valid change command',
  });
});

test('an import of what is no tar, or of a block device, is refused', async () => {
  await using images = await testImages();
  const { images: host } = images.host('a');
  const attempt = (content: Buffer) => collect(host.importArchive(Readable.from([content]), options));
  await assert.rejects(attempt(Buffer.from('x'.repeat(1000))), /Invalid tar header/);
  const device = await tarOf([[{ name: 'dev/sda', type: 'block-device', devmajor: 8, devminor: 0 }]]);
  await assert.rejects(attempt(device), /entry "dev\/sda": it is a block device/);
  assert.throws(() => host.resolve('base:1'), { kind: 'notFound' });
});

test('changes are Dockerfile instructions, of one line or several', () => {
  const later = { '9090/tcp': {}, '9091/tcp': {}, '9092/tcp': {} };
  const config = applyChanges([
    'CMD echo hi there',
    'entrypoint ["/bin/sh", "-c"]',
    'ENV A=1 B="two words" C=three\\ words',
    'ENV A second form',
    'EXPOSE 80 53/udp 8000-8001/TCP',
    'WORKDIR /srv',
    'WORKDIR app/../data',
    'USER 1000:1000',
    'LABEL a=b "c d"="e f"',
    'STOPSIGNAL SIGQUIT',
    'VOLUME ["/data", "/more"]',
    'ONBUILD RUN make',
    '',
    '# a comment\nEXPOSE 9090\n\n',
    'EXPOSE 9091 \\ \n 9092',
  ]);
  assert.deepEqual(config, {
    Cmd: ['/bin/sh', '-c', 'echo hi there'],
    Entrypoint: ['/bin/sh', '-c'],
    Env: ['A=second form', 'B=two words', 'C=three words'],
    ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {}, ...later },
    WorkingDir: '/srv/data',
    User: '1000:1000',
    Labels: { a: 'b', 'c d': 'e f' },
    StopSignal: 'SIGQUIT',
    Volumes: { '/data': {}, '/more': {} },
    OnBuild: ['RUN make'],
  });
  const signals = ['STOPSIGNAL x', 'STOPSIGNAL 0', 'STOPSIGNAL SIGTERM INT'];
  const others = ['EXPOSE http', 'EXPOSE 70000', 'EXPOSE 90-80', 'CMD', 'ENV A', 'ENV A=1 B', 'LABEL =x'];
  for (const wrong of [...signals, ...others]) {
    assert.throws(() => applyChanges([wrong]), { kind: 'invalid' }, wrong);
  }
});
