// Outputs that are the same whenever they are built: SOURCE_DATE_EPOCH and rewrite-timestamp, by both generations of clients.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { beforeAll, describe, test } from 'vitest';
import { withTimes } from '../../../runtime/build/outputs/tar-times.ts';
import { tarOf } from '../../support/tar.ts';
import { type Client, ClientLab } from './clients.ts';

const lab = new ClientLab();
const epoch = 1_100_000_000;
const then = '2004-11-09 11:33:20';

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly annotations?: Record<string, string> }[];
}

for (const [generation, open] of Object.entries(lab.generations)) {
  describe(generation, () => {
    let client: Client;

    beforeAll(async () => {
      ({ client } = await open());
      await client.directory('timed', {
        Dockerfile: 'FROM busybox\nRUN touch /new && touch -d "2001-01-01 00:00:00" /old\nCOPY page /page\n',
        page: 'a page\n',
      });
    });

    const build = (output: string, more = ''): Promise<string> =>
      client.said(`docker build -q --no-cache ${more} -o ${output} timed`);
    const withEpoch = `--build-arg SOURCE_DATE_EPOCH=${epoch}`;

    test('files that go to the client are all of that time', async () => {
      await build('type=local,dest=at-epoch', withEpoch);
      const times = await client.said(
        "cd at-epoch && TZ=UTC find . -mindepth 1 -printf '%TY-%Tm-%Td %TH:%TM:%.2TS\\n' | sort | uniq -c | awk '{print $2, $3}'",
      );
      assert.equal(times, `${then}\n`);
      await build('type=tar,dest=at-epoch.tar', withEpoch);
      const listed = await client.said("TZ=UTC tar --full-time -tvf at-epoch.tar | awk '{print $4, $5}' | sort -u");
      assert.equal(listed, `${then}\n`);
      await build('type=local,dest=as-it-is');
      assert.equal(await client.said('TZ=UTC stat -c %y as-it-is/old | cut -c1-19'), '2001-01-01 00:00:00\n');
    });

    const manifestIn = async (layout: string): Promise<Manifest> => {
      const { manifests } = await client.json(`${layout}/index.json`);
      const [top] = manifests as { digest: string }[];
      return (await client.json(`${layout}/blobs/${top?.digest.replace(':', '/')}`)) as unknown as Manifest;
    };
    const timesIn = (layout: string, digest = ''): Promise<string> =>
      client.said(
        `TZ=UTC tar --full-time -tvzf ${layout}/blobs/${digest.replace(':', '/')} | awk '{print $4, $5, $6}' | grep -v /$`,
      );

    test('what is later in a built layer is of that time, and the same is built twice', async () => {
      for (const layout of ['one', 'two'])
        await build(`type=oci,dest=${layout},tar=false,rewrite-timestamp=true`, withEpoch);
      assert.equal(await client.said('diff -r one two && echo same'), 'same\n');
      const { config, layers } = await manifestIn('one');
      const [base, made, copied] = layers;
      await build('type=oci,dest=plain,tar=false', withEpoch);
      const plain = await manifestIn('plain');
      // A base is its registry's: it stays.
      assert.deepEqual(base, plain.layers[0]);
      const annotations = { 'buildkit/rewritten-timestamp': String(epoch) };
      assert.deepEqual([made?.annotations, copied?.annotations], [annotations, annotations]);
      assert.equal(await timesIn('one', made?.digest), `${then} new\n2001-01-01 00:00:00 old\n`);
      assert.equal(await timesIn('one', copied?.digest), `${then} page\n`);
      // Its configuration names the layers as they are now.
      const { created, rootfs } = await client.json(`one/blobs/${config.digest.replace(':', '/')}`);
      assert.equal(created, '2004-11-09T11:33:20Z');
      const { diff_ids } = rootfs as { diff_ids: string[] };
      for (const [at, { digest }] of layers.entries())
        assert.equal(
          await client.said(`zcat one/blobs/${digest.replace(':', '/')} | sha256sum | cut -c1-64`),
          `${diff_ids[at]?.slice(7)}\n`,
        );
    });

    test('an output has a time of its own, or none', async () => {
      await build(
        'type=docker,name=own/timed,dest=timed.tar,rewrite-timestamp=true,source-date-epoch=1200000000',
        withEpoch,
      );
      await client.said('docker load -i timed.tar');
      const times = await client.said('docker run --rm own/timed stat -c %Y /new /old /page; docker rmi own/timed >&2');
      assert.equal(times, '1200000000\n978307200\n1200000000\n');
      await build('type=oci,dest=none,tar=false,rewrite-timestamp=true,source-date-epoch=', withEpoch);
      const { layers } = await manifestIn('none');
      assert.deepEqual(
        layers.map(({ annotations }) => annotations),
        [undefined, undefined, undefined],
      );
    });

    test('what makes no sense is refused', async () => {
      const refused = (output: string): Promise<string> => client.refused(`docker build -q -o ${output} timed`);
      assert.match(
        await refused('type=oci,dest=x,rewrite-timestamp=maybe'),
        /non-bool value specified for rewrite-timestamp: .*invalid syntax\n$/,
      );
      assert.match(
        await refused('type=oci,dest=x,rewrite-timestamp=true,source-date-epoch=x'),
        /invalid source-date-epoch: strconv\.ParseInt: parsing "x": invalid syntax\n$/,
      );
      assert.match(
        await refused('type=image,name=x,rewrite-timestamp=true'),
        /exporter option "rewrite-timestamp" conflicts with "unpack"\n$/,
      );
    });
  });
}

describe('a tar whose times are changed', () => {
  const changed = async (tar: Buffer, size: number): Promise<Buffer> => {
    const pieces = Array.from({ length: Math.ceil(tar.length / size) }, (_, at) =>
      tar.subarray(at * size, (at + 1) * size),
    );
    const out = [];
    for await (const piece of withTimes(pieces as unknown as AsyncIterable<Uint8Array>, (seconds) =>
      Math.min(seconds, epoch),
    ))
      out.push(Buffer.from(piece));
    return Buffer.concat(out);
  };
  /** Its headers, whose checksums are right, and its contents. */
  const listed = async (tar: Buffer): Promise<unknown[]> => {
    const entries: unknown[] = [];
    for await (const entry of Readable.from([tar]).pipe(extract())) {
      const { name, type, size, mtime, pax } = entry.header;
      entries.push({
        name,
        type,
        size,
        mtime,
        pax,
        content: String(Buffer.concat(await Array.fromAsync(entry as AsyncIterable<Buffer>))),
      });
    }
    return entries;
  };
  const late = new Date(2_000_000_000_000);

  test('is the one that is written with these times, in whatever pieces it comes', async () => {
    const long = `${'d/'.repeat(90)}${'n'.repeat(120)}`;
    const entries = (mtime: Date) =>
      tarOf([
        [{ name: 'a', mtime }, 'content'],
        [{ name: 'early', mtime: new Date(1000) }, ''],
        [{ name: long, mtime, pax: { comment: 'kept' } }, 'x'.repeat(3000)],
        [{ name: 'dir/', type: 'directory', mtime }, ''],
      ]);
    const expected = await listed(await entries(new Date(epoch * 1000)));
    for (const size of [1, 100, 511, 512, 513, 100_000])
      assert.deepEqual(await listed(await changed(await entries(late), size)), expected);
  });

  test('has the times of its extended headers changed too', async () => {
    const tar = await tarOf([
      [{ name: 'a', mtime: late, pax: { mtime: '1999999999.5', atime: '5.25', comment: 'é' } }, 'x'],
    ]);
    const records = (await changed(tar, 700)).subarray(512, 1024).toString().replace(/\0+$/, '');
    assert.deepEqual(
      records.split('\n').sort(),
      ['', '9 path=a', `20 mtime=${epoch}`, '14 atime=5.25', '14 comment=é'].sort(),
    );
  });

  test('may not have an extended header without an end', async () => {
    const header = (await tarOf([[{ name: 'x', mtime: late }, '']])).subarray(0, 512);
    header.write('77777777777\0', 124);
    header.write('x', 156);
    await assert.rejects(changed(header, 512), /an extended header has 8589934591 bytes/);
  });
});
