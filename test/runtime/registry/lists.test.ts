// The lists: distribution-spec "Listing Tags" and "Listing Referrers", and distribution's catalogue.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type EitherRegistry, openRegistry, unlike } from '../../support/either-registry.ts';
import { OwnRegistry, sha256, sha512 } from '../../support/own-registry.ts';
import { codeOf, type Descriptor, descriptorOf, mediaTypes, pushBlob, pushManifest, pushParts } from './contents.ts';

let served: EitherRegistry;

beforeAll(async () => {
  served = await openRegistry();
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
});

/** All pages from the first one on, by their `Link`. */
async function pages<T>(target: string, entriesOf: (json: never) => T[]): Promise<T[][]> {
  const all: T[][] = [];
  for (let next: string | undefined = target; next !== undefined; ) {
    const answer = await served.ask(`GET ${next}`);
    assert.equal(answer.status, 200);
    all.push(entriesOf(answer.json() as never));
    next = /^<([^>]+)>; rel="next"$/.exec(answer.header('link'))?.[1];
  }
  return all;
}

const tagsOf = ({ tags }: { tags: string[] }): string[] => tags;

describe('tags', () => {
  const sorted = ['1.0', '1.1', 'alpha', 'Beta', 'gamma', 'latest'];

  beforeAll(async () => {
    const text = await pushParts(served, 'tags/a', ['layer']);
    for (const tag of ['latest', 'Beta', '1.1', 'gamma', 'alpha', '1.0'])
      await pushManifest(served, 'tags/a', tag, text);
  });

  test('come in order, case aside', unlike('its tags have no order'), async () => {
    const answer = await served.ask('GET /v2/tags/a/tags/list');
    assert.deepEqual([answer.status, answer.json()], [200, { name: 'tags/a', tags: sorted }]);
    assert.equal(answer.header('link'), '');
  });

  test('come in pages, each of which names the next', unlike('it has no pages of tags'), async () => {
    assert.deepEqual(await pages('/v2/tags/a/tags/list?n=2', tagsOf), [
      ['1.0', '1.1'],
      ['alpha', 'Beta'],
      ['gamma', 'latest'],
    ]);
    assert.deepEqual(await pages('/v2/tags/a/tags/list?n=4', tagsOf), [sorted.slice(0, 4), sorted.slice(4)]);
  });

  test('come after one that need not be there', unlike('it has no pages of tags'), async () => {
    for (const [last, after] of [
      ['alpha', ['Beta', 'gamma', 'latest']],
      ['b', ['Beta', 'gamma', 'latest']],
      ['gamma', ['latest']],
      ['zzz', []],
    ] as const)
      assert.deepEqual(await pages(`/v2/tags/a/tags/list?last=${last}`, tagsOf), [after]);
    assert.deepEqual(await pages('/v2/tags/a/tags/list?n=1&last=gamma', tagsOf), [['latest']]);
  });

  test('none are wanted, or a number that is none', unlike('it has no pages of tags'), async () => {
    assert.deepEqual(await pages('/v2/tags/a/tags/list?n=0', tagsOf), [[]]);
    for (const n of ['-1', 'abc', '1.5']) {
      const answer = await served.ask(`GET /v2/tags/a/tags/list?n=${n}`);
      assert.deepEqual([answer.status, codeOf(answer)], [400, 'PAGINATION_NUMBER_INVALID']);
    }
  });

  test(
    'of a repository that is not there are unknown; one without tags has none',
    unlike('a repository without tags is unknown to it'),
    async () => {
      const answer = await served.ask('GET /v2/tags/nowhere/tags/list');
      assert.deepEqual([answer.status, codeOf(answer)], [404, 'NAME_UNKNOWN']);
      await pushBlob(served, 'tags/none', 'x');
      assert.deepEqual((await served.ask('GET /v2/tags/none/tags/list')).json(), { name: 'tags/none', tags: [] });
    },
  );
});

interface Referrer extends Descriptor {
  readonly artifactType?: string;
}

const manifestsOf = ({ manifests }: { manifests: Referrer[] }): Referrer[] => manifests;

describe('referrers', () => {
  const subjectText = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] });
  const subject = descriptorOf(subjectText, mediaTypes.ociIndex);
  const list = `/v2/refer/a/referrers/${subject.digest}`;

  test(
    'of what nobody refers to, and of what is not there, are an empty index',
    unlike('it has no referrers'),
    async () => {
      for (const target of [
        `/v2/refer/a/referrers/${sha256('nothing')}`,
        `/v2/refer/nowhere/referrers/${sha512('nothing')}`,
      ]) {
        const answer = await served.ask(`GET ${target}`);
        assert.deepEqual([answer.status, answer.header('content-type')], [200, mediaTypes.ociIndex]);
        assert.deepEqual(answer.json(), { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] });
      }
      const answer = await served.ask('GET /v2/refer/a/referrers/sha256:abc');
      assert.deepEqual([answer.status, codeOf(answer)], [400, 'DIGEST_INVALID']);
    },
  );

  test(
    'may come before the subject; they are told with type and annotations',
    unlike('it has no referrers'),
    async () => {
      const annotations = { 'org.example.note': 'a note' };
      const byConfig = await pushParts(served, 'refer/a', ['sbom'], { subject });
      const byType = await pushParts(served, 'refer/a', ['sig'], {
        subject,
        artifactType: 'application/x.sig',
        annotations,
      });
      const index = JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociIndex,
        manifests: [],
        subject,
        artifactType: 'application/x.list',
      });
      for (const [text, type] of [
        [byConfig, mediaTypes.ociManifest],
        [byType, mediaTypes.ociManifest],
        [index, mediaTypes.ociIndex],
      ] as const) {
        const pushed = await served.ask(`PUT /v2/refer/a/manifests/${sha256(text)}`, {
          body: text,
          headers: { 'Content-Type': type },
        });
        assert.deepEqual([pushed.status, pushed.header('oci-subject')], [201, subject.digest]);
      }
      const expected: Referrer[] = [
        { ...descriptorOf(byConfig, mediaTypes.ociManifest), artifactType: 'application/vnd.oci.image.config.v1+json' },
        { ...descriptorOf(byType, mediaTypes.ociManifest), artifactType: 'application/x.sig', annotations },
        { ...descriptorOf(index, mediaTypes.ociIndex), artifactType: 'application/x.list' },
      ];
      expected.sort((a, b) => (a.digest < b.digest ? -1 : 1));
      assert.deepEqual(await pages(list, manifestsOf), [expected]);
      await pushManifest(served, 'refer/a', 'subject', subjectText, mediaTypes.ociIndex);
      assert.deepEqual(await pages(list, manifestsOf), [expected]);
    },
  );

  test('are filtered by type, and the answer says so', unlike('it has no referrers'), async () => {
    const answer = await served.ask(`GET ${list}?artifactType=application/x.sig`);
    assert.equal(answer.header('oci-filters-applied'), 'artifactType');
    const [only, ...more] = manifestsOf(answer.json() as never);
    assert.deepEqual([only?.artifactType, more.length], ['application/x.sig', 0]);
    const none = await served.ask(`GET ${list}?artifactType=application/none`);
    assert.deepEqual(manifestsOf(none.json() as never), []);
    assert.equal((await served.ask(`GET ${list}`)).header('oci-filters-applied'), '');
  });

  test('are gone when they are deleted', unlike('it has no referrers'), async () => {
    const [before] = await pages(list, manifestsOf);
    const gone = before?.[0]?.digest;
    assert.equal((await served.ask(`DELETE /v2/refer/a/manifests/${gone}`)).status, 202);
    assert.deepEqual(
      (await pages(list, manifestsOf)).flat(),
      before?.filter(({ digest }) => digest !== gone),
    );
  });

  test('come in pages where they tell much', unlike('it has no referrers'), async () => {
    const large = descriptorOf('large', mediaTypes.ociManifest);
    for (let n = 0; n < 3; n++) {
      const annotations = { n: String(n), text: 'x'.repeat(600_000) };
      const text = await pushParts(served, 'refer/large', [], { subject: large, annotations });
      await pushManifest(served, 'refer/large', sha256(text), text);
    }
    const all = await pages(`/v2/refer/large/referrers/${large.digest}`, manifestsOf);
    assert.deepEqual(
      all.map((page) => page.length),
      [1, 1, 1],
    );
    assert.equal(new Set(all.flat().map(({ digest }) => digest)).size, 3);
  });
});

describe('the catalogue', () => {
  test('names all repositories, in pages', async () => {
    await using own = await OwnRegistry.open();
    for (const name of ['b/x', 'a/y', 'a/x', 'c']) await pushBlob(own, name, 'content');
    assert.deepEqual((await own.ask('GET /v2/_catalog')).json(), { repositories: ['a/x', 'a/y', 'b/x', 'c'] });
    const first = await own.ask('GET /v2/_catalog?n=3');
    assert.deepEqual(first.json(), { repositories: ['a/x', 'a/y', 'b/x'] });
    const next = /<([^>]+)>/.exec(first.header('link'))?.[1];
    assert.deepEqual((await own.ask(`GET ${next}`)).json(), { repositories: ['c'] });
  });
});
