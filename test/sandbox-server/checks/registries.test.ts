// Checks of registries over facts that are plain data: which hold, and what is said of those that do not.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { type Check, parseLab } from '../../../lessons/schema.ts';
import { emptyHost, type Facts } from '../../../sandbox-server/checks/facts.ts';
import { found } from '../../../sandbox-server/checks/found.ts';
import { judge } from '../../../sandbox-server/checks/judge.ts';
import type { MoveFact, RepositoryFact } from '../../../sandbox-server/checks/registries/facts.ts';
import { parseRepository, repositoryKey } from '../../../sandbox-server/checks/registries/names.ts';
import { compareOrigin, type Origin } from '../../../sandbox-server/checks/registries/origin.ts';
import { inWords } from '../../../sandbox-server/checks/wanted.ts';

/** In a lab with these hosts, after two tasks. */
function checkOf(text: string): Check {
  const before = (id: string) => `{ id: ${id}, expected: x, check: { absent: x }, solution: { run: [x] } }`;
  const task = `{ id: it, expected: x, check: ${text}, solution: { run: [x] } }`;
  const hosts = 'hosts: [{ name: dev }, { name: prod }, { name: classmate, account: own }, { name: unasked }]';
  const lab = parseLab(`${hosts}\ntasks: [${before('before')}, ${before('later')}, ${task}]\n`, 'lab.yaml');
  const check = lab.tasks[2]?.check;
  assert.ok(check);
  return check;
}

const sha = (digit: string): string => `sha256:${digit.repeat(64)}`;

const web: RepositoryFact = {
  silence: null,
  exists: true,
  visibility: 'public',
  tags: new Map([
    ['2', { digest: sha('2'), imageId: sha('b') }],
    ['latest', { digest: sha('2'), imageId: sha('b') }],
    ['1', { digest: sha('1'), imageId: sha('a') }],
  ]),
  mayPull: new Map([
    ['prod', true],
    ['classmate', false],
    ['anonymous', false],
  ]),
  others: [],
};
const nothing: RepositoryFact = { ...web, exists: false, visibility: null, tags: new Map() };

const move = (given: Partial<MoveFact>): MoveFact => ({
  id: 1,
  direction: 'push',
  registry: 'hub.drydock',
  repository: 'ann/web',
  reference: '1',
  state: 'done',
  beganAt: 0,
  endedAt: 1,
  digest: sha('1'),
  imageId: sha('a'),
  layers: [
    { id: 'base', bytes: 10, movedBytes: 0, state: 'there' },
    { id: 'shared', bytes: 10, movedBytes: 0, state: 'elsewhere' },
    { id: 'own', bytes: 10, movedBytes: 10, state: 'moved' },
  ],
  doneTasks: new Set(),
  ...given,
});

const pushes = [move({}), move({ id: 2, reference: '2', digest: sha('2'), doneTasks: new Set(['before']) })];
const pulls = [
  move({ direction: 'pull', digest: sha('1') }),
  move({ direction: 'pull', id: 2, reference: sha('2'), digest: sha('2') }),
  move({ direction: 'pull', id: 3, repository: 'ann/lost', state: 'failed', digest: null }),
];

const own = (name: string, fact: Partial<RepositoryFact>): readonly [string, RepositoryFact] => [
  repositoryKey({ name }),
  { ...web, mayPull: new Map(), ...fact },
];

const facts: Facts = {
  hosts: new Map([
    [
      'dev',
      {
        ...emptyHost,
        moves: pushes,
        images: new Map([
          ['web:1', { id: sha('a') }],
          ['other', { id: sha('c') }],
          ['none', null],
        ]) as never,
        repositories: new Map([
          ['ann/web', web],
          ['ann/wbe', { ...nothing, others: ['ann/web'] }],
          ['ann/empty', { ...web, tags: new Map() }],
          own('localhost:5000/web', { visibility: 'private' }),
          own('localhost:5001/web', {
            silence: 'The registry localhost:5001 asks for a name and a password.',
            visibility: 'private',
            exists: false,
          }),
          own('localhost:5002/web', { silence: 'Nothing listens at localhost:5002.', visibility: null, exists: false }),
        ]),
      },
    ],
    ['prod', { ...emptyHost, moves: pulls }],
  ]),
  doneTasks: new Set(['before']),
};

const cases: readonly (readonly [string, boolean | null, RegExp?])[] = [
  ['{ repository: { name: ann/web } }', true],
  ['{ repository: { name: hub.drydock/ann/web, tags: [1, 2, latest] } }', true],
  ['{ repository: { name: ann/unasked } }', null],
  ['{ repository: { name: ann/wbe } }', false, /^The hub has no repository ann\/wbe yet\. There is ann\/web\.$/],
  ['{ repository: { name: ann/wbe, exists: false } }', true],
  ['{ repository: { name: ann/web, exists: false } }', false, /^The repository ann\/web is still there\.$/],
  ['{ repository: { name: ann/web, tag: 3, exists: false } }', true],
  ['{ repository: { name: ann/web, tag: 1, exists: false } }', false, /^The tag 1 of ann\/web is still there\.$/],
  ['{ repository: { name: ann/empty, tag: 1 } }', false, /^The repository ann\/empty has no tag yet\.$/],
  ['{ repository: { name: ann/web, tag: 3 } }', false, /has no tag 3; its tags are 2, latest and 1\.$/],
  ['{ repository: { name: ann/web, tag: latest, sameTag: 2 } }', true],
  [
    '{ repository: { name: ann/web, tag: latest, sameTag: 1 } }',
    false,
    /point to different digests, sha256:22222222… and sha256:11111111…\.$/,
  ],
  ['{ repository: { name: ann/web, tag: latest, otherThanTag: 1 } }', true],
  [
    '{ repository: { name: ann/web, tag: latest, otherThanTag: 2 } }',
    false,
    /^The tags latest and 2 point to one digest/,
  ],
  ['{ repository: { name: ann/web, tag: latest, otherThanTag: 9 } }', false, /has no tag 9\.$/],
  ['{ repository: { name: ann/web, tag: 1, sameImage: "web:1" } }', true],
  [
    '{ repository: { name: ann/web, tag: 1, sameImage: other } }',
    false,
    /^The tag 1 is there, but it points to another image than other of this host: push it again\.$/,
  ],
  ['{ repository: { name: ann/web, tag: 1, sameImage: none } }', false, /^There is no image none on this host/],
  ['{ repository: { name: ann/web, tag: 1, sameImage: unasked } }', null],
  [`{ repository: { name: ann/web, tag: 1, digest: "${sha('1')}" } }`, true],
  [
    `{ repository: { name: ann/web, tag: 1, digest: "${sha('2')}" } }`,
    false,
    /points to sha256:11111111…, and not to sha256:22222222…\.$/,
  ],
  ['{ repository: { name: ann/web, visibility: public } }', true],
  [
    '{ repository: { name: ann/web, visibility: private } }',
    false,
    /^The repository ann\/web is public: everybody may pull it\.$/,
  ],
  ['{ repository: { name: ann/web, mayPull: [prod], mayNotPull: [classmate, anonymous] } }', true],
  ['{ repository: { name: ann/web, mayPull: [classmate] } }', false, /^The host classmate may not pull ann\/web\.$/],
  [
    '{ repository: { name: ann/web, mayPull: [anonymous] } }',
    false,
    /^Whoever has not logged in may not pull ann\/web\.$/,
  ],
  ['{ repository: { name: ann/web, mayNotPull: [prod] } }', false, /^The host prod may pull ann\/web\.$/],
  ['{ repository: { name: "localhost:5000/web", tag: 1, visibility: private } }', true],
  [
    '{ repository: { name: "localhost:5000/web", visibility: public } }',
    false,
    /^The registry localhost:5000 asks for a name and a password\.$/,
  ],
  ['{ repository: { name: "localhost:5001/web", visibility: private } }', true],
  [
    '{ repository: { name: "localhost:5001/web", tag: 1, visibility: private } }',
    false,
    /^The registry localhost:5001 asks for/,
  ],
  [
    '{ repository: { name: "localhost:5002/web", visibility: private } }',
    false,
    /^Nothing listens at localhost:5002\.$/,
  ],
  ['{ pushed: { name: ann/web, tag: 1, layersSent: 1, layersThereAtLeast: 2 } }', true],
  ['{ pushed: { name: ann/web, since: before } }', true],
  ['{ pushed: { name: ann/web, tag: 1, since: before } }', false, /came too early: push it once more\.$/],
  ['{ pushed: { name: ann/web, since: later } }', false],
  ['{ pushed: { name: ann/web, tag: 3 } }', false, /^2 was pushed to ann\/web, and not 3\.$/],
  ['{ pushed: { name: ann/web, layersSent: 2 } }', false, /^The push of ann\/web sent 1 layer, and 2 was wanted\.$/],
  ['{ pushed: { name: ann/web, layersSentAtMost: 0 } }', false, /sent 1 layer; 0 at most was wanted\.$/],
  ['{ pushed: { name: ann/web, layersSentAtLeast: 2 } }', false, /sent 1 layer; 2 at least was wanted\.$/],
  ['{ pushed: { name: ann/web, layersThereAtLeast: 3 } }', false, /the registry had 2 layers already; 3 at least/],
  ['{ pushed: { host: prod, name: ann/web } }', false, /^Nothing was pushed to ann\/web yet\.$/],
  ['{ pushed: { host: unasked, name: ann/web } }', null],
  ['{ pulled: { host: prod, name: ann/web, byDigest: true, pushedBy: dev } }', true],
  [
    '{ pulled: { host: prod, name: ann/web, tag: 1, pushedBy: dev } }',
    false,
    /^sha256:11111111… was pulled, and dev has pushed sha256:22222222… to ann\/web last\.$/,
  ],
  ['{ pulled: { host: prod, name: ann/web, tag: 2 } }', false, /^sha256:2+… of ann\/web was pulled, and not 2\.$/],
  ['{ pulled: { host: prod, name: ann/web, tag: 1, layersBrought: 1 } }', true],
  ['{ pulled: { host: prod, name: ann/web, tag: 1, layersBroughtAtMost: 0 } }', false, /brought 1 layer; 0 at most/],
  [
    '{ pulled: { host: prod, name: ann/web, pushedBy: prod } }',
    false,
    /^The host prod has pushed nothing to ann\/web yet\.$/,
  ],
  ['{ pulled: { host: prod, name: ann/lost } }', false, /^The pull of ann\/lost has failed: the terminal says why\.$/],
];
for (const [check, holds, said] of cases) {
  test(`${check} is ${holds === null ? 'not known' : holds}`, () => {
    const parsed = checkOf(check);
    assert.equal(judge(parsed, facts), holds);
    if (said === undefined) assert.equal(found(parsed, facts), '');
    else assert.match(found(parsed, facts), said);
    assert.ok(inWords(parsed).length > 3, 'it says in words what it expects');
  });
}

test('a repository without a registry’s name is the hub’s', () => {
  assert.deepEqual(parseRepository('ann/web'), { registry: 'hub.drydock', repository: 'ann/web' });
  assert.deepEqual(parseRepository('hub.drydock/ann/web'), parseRepository('ann/web'));
  assert.deepEqual(parseRepository('localhost/web'), { registry: 'localhost', repository: 'web' });
  assert.deepEqual(parseRepository('dev:5000/a/b'), { registry: 'dev:5000', repository: 'a/b' });
});

const origin = (repoDigests: readonly string[], byDigest = false): Origin => ({ repoDigests, byDigest });
const known = {
  repositories: new Map([['ann/web', web]]),
  movesOf: (host: string) => facts.hosts.get(host)?.moves ?? undefined,
};

test('an image came from a repository where the host has it by a digest of that', () => {
  const first = origin([`hub.drydock/ann/web@${sha('1')}`]);
  const second = origin([`other/web@${sha('9')}`, `hub.drydock/ann/web@${sha('2')}`], true);
  const holds = (wanted: Parameters<typeof compareOrigin>[0], has: Origin) => compareOrigin(wanted, has, known).holds;
  assert.equal(holds({ name: 'ann/web' }, first), true);
  assert.equal(holds({ name: 'ann/web', tag: '1' }, first), true);
  assert.equal(holds({ name: 'ann/web', tag: '2', pushedBy: 'dev', byDigest: true }, second), true);
  assert.equal(holds({ name: 'ann/web', byDigest: true }, first), false);
  assert.equal(holds({ name: 'ann/web', pushedBy: 'unasked' }, first), null);
  assert.equal(holds({ name: 'ann/web' }, origin([`localhost:5000/ann/web@${sha('1')}`])), false);
  assert.equal(holds({ name: 'docker.io/library/redis' }, origin([`redis@${sha('1')}`])), true);
  assert.deepEqual(compareOrigin({ name: 'ann/web', pushedBy: 'dev' }, first, known), {
    holds: false,
    instead: 'its image is sha256:11111111…, and dev has pushed sha256:22222222… last',
  });
  assert.deepEqual(compareOrigin({ name: 'ann/web', tag: '2' }, origin([]), known), {
    holds: false,
    instead: 'its image did not come from ann/web',
  });
});
