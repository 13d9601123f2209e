// The records of every landed version that had a shape of its own are read by this one.

import assert from 'node:assert/strict';
import { pino } from 'pino';
import { describe, test } from 'vitest';
import { containerKind } from '../../runtime/containers/container-record.ts';
import { hostKind } from '../../runtime/hosts/host-record.ts';
import { snapshotKind } from '../../runtime/hosts/snapshot-record.ts';
import { openRecords, recordKinds } from '../../runtime/open-records.ts';
import type { RecordKind } from '../../runtime/store/record-kind.ts';
import type { Records } from '../../runtime/store/records.ts';
import { temporaryDirectory } from '../runtime/images/fixture.ts';
import { addRows, commits, type Row, rowsOf } from './rows.ts';

interface Taken extends AsyncDisposable {
  readonly rows: readonly Row[];
  readonly records: Records;
}

async function takenOver(commit: string): Promise<Taken> {
  const directory = await temporaryDirectory();
  const file = `${directory.path}/engine.db`;
  const rows = rowsOf(commit);
  addRows(file, rows);
  const records = openRecords(file, pino({ level: 'silent' }));
  return {
    rows,
    records,
    async [Symbol.asyncDispose]() {
      records.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Whole configurations, of no host: `Contents` takes them over, which h02 tries. */
const isWhole = ({ kind, host }: Row): boolean => kind === 'image' && host === '';

const named = <T extends { readonly name: string }>(rows: readonly T[], name: string): T | undefined =>
  rows.find((row) => row.name === name);

for (const commit of commits) {
  describe(`records of ${commit}`, () => {
    test('all are read, and read the same once this version has written them', async () => {
      await using taken = await takenOver(commit);
      const { rows, records } = taken;
      for (const kind of recordKinds as readonly RecordKind<unknown>[]) {
        const ofKind = rows.filter((row) => row.kind === kind.name && !isWhole(row));
        const read = ofKind.map(({ host, id }) => records.get(kind, host, id)[0]);
        assert.deepEqual(records.refusals(), []);
        assert.equal(read.filter((record) => record !== undefined).length, ofKind.length, kind.name);
        for (const [at, { host, id }] of ofKind.entries()) {
          records.put(kind, host, id, read[at]);
          assert.deepEqual(records.get(kind, host, id)[0], read[at]);
        }
      }
    });

    test('nothing that they say is lost', async () => {
      await using taken = await takenOver(commit);
      const { rows, records } = taken;
      const bodies = (kind: string) => rows.filter((row) => row.kind === kind).map(({ body }) => body);
      assert.partialDeepStrictEqual(records.list(hostKind), bodies('host').map(hostToday));
      assert.partialDeepStrictEqual(records.list(containerKind), bodies('container').map(withEndpoints));
      for (const [at, snapshot] of records.list(snapshotKind).entries())
        assert.partialDeepStrictEqual(snapshot, plain(bodies('snapshot')[at]));
    });
  });
}

/** A snapshot's body as it was before what it holds had versions. */
function plain(snapshot: Row['body'] | undefined): object {
  const { containers = [], images = [], running = [], ...rest } = (snapshot ?? {}) as Partial<Record<string, object[]>>;
  const bodyOf = (held: object): object => ('body' in held ? (held.body as object) : held);
  return {
    ...rest,
    containers: containers.map(bodyOf).map(withEndpoints),
    images: images.map(bodyOf),
    running: running.map(withEndpoints),
  };
}

/** Once a container had one endpoint, in the default bridge network. */
function withEndpoints(stored: object): object {
  if (!('endpoint' in stored)) return stored;
  const { endpoint, ...rest } = stored;
  return { ...rest, endpoints: endpoint ? { bridge: endpoint } : {} };
}

/** Once the link between the hosts of a lab was called a network. */
function hostToday(stored: object): object {
  const { network = null, startAgain = [], ...rest } = stored as { network?: unknown; startAgain?: object[] };
  return { link: network, ...rest, startAgain: startAgain.map(withEndpoints) };
}

test('what the first engine did not write is read as what it did', async () => {
  await using taken = await takenOver('8b21721');
  const [host] = taken.records.list(hostKind);
  assert.partialDeepStrictEqual(host, {
    subvolume: host?.id,
    workspace: 'workspace',
    hostname: 'docker-host',
    link: null,
    startAgain: [],
    returns: false,
  });
  const containers = taken.records.list(containerKind);
  // `docker run -d` and `docker run`: it is all that such a record tells of how they were started.
  assert.equal(named(containers, 'web')?.foreground, false);
  assert.equal(named(containers, 'ended')?.foreground, true);
  assert.deepEqual(
    containers.map(({ state, hostConfig }) => [state.interrupted, hostConfig.Isolation]),
    containers.map(() => [null, '']),
  );
});

test('what a record says of itself is not overridden by what is read where it says nothing', async () => {
  await using taken = await takenOver('090f30a');
  const containers = taken.records.list(containerKind);
  assert.equal(named(containers, 'started')?.foreground, false, 'docker create, docker start');
  assert.equal(named(containers, 'attached')?.foreground, true, 'docker run -d, stopped, docker start -a');
});
