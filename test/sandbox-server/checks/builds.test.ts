// Checks of Dockerfiles, images and builds over facts that are plain data: which hold, and what is said of those that do not.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { type Check, parseLab } from '../../../lessons/schema.ts';
import type { BuildStep } from '../../../runtime/index.ts';
import type { BuildFact } from '../../../sandbox-server/checks/builds/facts.ts';
import { textKey } from '../../../sandbox-server/checks/builds/kinds.ts';
import { readDockerfileText, readIgnoreText } from '../../../sandbox-server/checks/builds/read.ts';
import { saidInHistory, saidInText } from '../../../sandbox-server/checks/builds/said.ts';
import { emptyHost, type Facts, type ImageFact } from '../../../sandbox-server/checks/facts.ts';
import { found } from '../../../sandbox-server/checks/found.ts';
import { judge } from '../../../sandbox-server/checks/judge.ts';
import { inWords } from '../../../sandbox-server/checks/wanted.ts';

function checkOf(text: string): Check {
  const before = '{ id: before, expected: x, check: { absent: x }, solution: { run: [x] } }';
  const later = '{ id: later, expected: x, check: { absent: x }, solution: { run: [x] } }';
  const task = `{ id: it, expected: x, check: ${text}, solution: { run: [x] } }`;
  const check = parseLab(`tasks: [${before}, ${later}, ${task}]\n`, 'lab.yaml').tasks[2]?.check;
  assert.ok(check);
  return check;
}

const dockerfile = `ARG V=22
FROM node:$V AS build
WORKDIR /app
COPY ./package*.json ./
RUN --mount=type=cache,target=/root/.npm npm   ci
COPY . .
RUN npm run build
FROM nginx
ENV PORT=80 NAME="a b"
EXPOSE $PORT
COPY --from=build --chown=1:1 /app/dist/ /usr/share/nginx/html
USER nginx:nginx
CMD nginx -g 'daemon off;'
`;

const step = (name: string, state: BuildStep['state'], stage = 'build'): BuildStep => ({
  name,
  kind: name.startsWith('FROM') ? 'base' : 'step',
  stage,
  state,
  line: null,
  beganAt: 0,
  endedAt: 1,
  layer: null,
  bytes: 0,
  needs: [],
});

const build = (given: Partial<BuildFact>): BuildFact => ({
  id: 1,
  state: 'done',
  names: ['docker.io/library/web:1'],
  target: '',
  beganAt: 0,
  endedAt: 1,
  imageId: 'sha256:web',
  error: '',
  errorLine: null,
  stages: [
    { name: 'build', base: 'docker.io/library/node:22' },
    { name: 'stage-1', base: 'docker.io/library/nginx:latest' },
  ],
  steps: [
    step('FROM docker.io/library/node:22', 'done'),
    step('COPY --from=build /app /srv', 'done', 'stage-1'),
    step('COPY package.json ./', 'cached'),
    step('RUN npm ci', 'cached'),
    step('COPY . .', 'done'),
  ],
  isCut: false,
  context: { files: 3, bytes: 2048 },
  warnings: [{ rule: 'JSONArgsRecommended', message: 'words', line: 4 }],
  doneTasks: new Set(['before']),
  ...given,
});

const web: ImageFact = {
  id: 'sha256:web',
  digests: [],
  repoDigests: [],
  layers: ['a', 'b'],
  sizeBytes: 100,
  command: 'node server.js',
  entrypoint: '',
  env: [],
  labels: {},
  user: '1000:1000',
  workdir: '/app',
  exposes: ['80/tcp', '53/udp'],
  volumes: ['/data'],
  hasHealthcheck: true,
  stopSignal: 'SIGQUIT',
  history: [
    'COPY package.json ./ # buildkit',
    'RUN |1 A=b /bin/sh -c npm ci # buildkit',
    'CMD ["node" "server.js"]',
  ].flatMap((line) => saidInHistory(line) ?? []),
  origins: new Map(),
};

const facts: Facts = {
  hosts: new Map([
    [
      'dev',
      {
        ...emptyHost,
        files: new Map([
          ['Dockerfile', { exists: true, text: dockerfile }],
          ['gone', { exists: false, text: null }],
          ['.dockerignore', { exists: true, text: '' }],
        ]),
        dockerfiles: new Map([
          ['Dockerfile', await readDockerfileText(dockerfile, () => Promise.resolve(null))],
          ['bad', await readDockerfileText('FROM a\nRNU b', () => Promise.resolve(null))],
        ]),
        ignores: new Map([['.dockerignore', readIgnoreText('node_modules\n*.js\n!app.js\n')]]),
        images: new Map<string, ImageFact | null>([
          ['web:1', web],
          ['big', { ...web, id: 'sha256:big', sizeBytes: 1000, user: '' }],
          ['none', null],
        ]),
        textsInImages: new Map([
          [textKey('web:1', 's3cret'), null],
          [textKey('big', 's3cret'), 'in /key of one of its layers'],
        ]),
        builds: [
          build({}),
          build({
            id: 2,
            names: ['bad'],
            state: 'failed',
            error: 'exit code: 3',
            errorLine: 3,
            steps: [step('RUN exit 3', 'failed')],
          }),
          build({ id: 3, names: ['part'], target: 'build', stages: [{ name: 'build', base: 'scratch' }] }),
          build({ id: 4, names: ['away'], state: 'stopped' }),
        ],
      },
    ],
    ['unasked', emptyHost],
  ]),
  doneTasks: new Set(['before']),
};

/** Of a check: whether it holds, and what is said where it does not. */
const cases: readonly (readonly [check: string, holds: boolean | null, said?: RegExp])[] = [
  [
    '{ dockerfile: { has: [{ from: node, as: build }, { copy: package.json }, { run: npm ci, mount: { type: cache, target: /root/.npm } }, { copy: . }, { from: nginx }, { copy: /app/dist, fromStage: build, to: /usr/share/nginx/html/, chown: "1:1" }, { user: nginx }, { cmd: "nginx -g daemon off;", form: shell }] } }',
    true,
  ],
  [
    '{ dockerfile: { has: [{ from: "node:22" }, { env: PORT }] } }',
    false,
    /^In Dockerfile, there is no ENV PORT in the stage of FROM node:22\.$/,
  ],
  [
    '{ dockerfile: { has: [{ env: NAME=a b }, { expose: 80 }], stages: 2, hasNot: [{ copy: .env }, { copy: ., fromStage: build }] } }',
    true,
  ],
  [
    '{ dockerfile: { has: [{ copy: . }, { run: npm ci }] } }',
    false,
    /^In Dockerfile, RUN with “npm ci” in it stands before COPY \. \(the whole context\), not after it\.$/,
  ],
  ['{ dockerfile: { has: [{ from: nginx }, { run: npm }] } }', false, /stands before FROM nginx/],
  ['{ dockerfile: { has: [{ user: root }] } }', false, /^In Dockerfile, there is no USER root\.$/],
  [
    '{ dockerfile: { hasNot: [{ run: npm ci }] } }',
    false,
    /^In Dockerfile, there is RUN with “npm ci” in it, which should not be so\.$/,
  ],
  ['{ dockerfile: { stagesAtLeast: 3 } }', false, /^In Dockerfile, it has 2 stages, and at least 3 are wanted\.$/],
  ['{ dockerfile: { warnings: none } }', false, /warns of JSONArgsRecommended: .* \(line 13\)\.$/],
  ['{ dockerfile: { warnings: [WorkdirRelativePath] } }', true],
  ['{ dockerfile: { path: bad, stages: 1 } }', false, /^bad cannot be built: .*on line 2: unknown instruction: RNU/],
  ['{ dockerfile: { path: gone, stages: 1 } }', false, /^There is no file gone in the home directory yet\.$/],
  ['{ dockerfile: { path: unread, stages: 1 } }', null],
  ['{ dockerignore: { leavesOut: [node_modules/a/b.txt, x.js], keeps: [app.js, a.css] } }', true],
  [
    '{ dockerignore: { leavesOut: [.env] } }',
    false,
    /^The file \.dockerignore is there, but it does not leave out \.env\.$/,
  ],
  ['{ dockerignore: { keeps: [b.js] } }', false, /leaves out b\.js, which the build needs\.$/],
  [
    '{ image: { name: "web:1", runsAsRoot: false, exposes: [80, 53/udp], volumes: [/data], healthcheck: true, stopSignal: SIGQUIT } }',
    true,
  ],
  [
    '{ image: { name: "web:1", smallerThanImage: big, history: [{ copy: package.json }, { run: npm ci }, { cmd: node server.js }] } }',
    true,
  ],
  ['{ image: { name: "web:1", without: [s3cret] } }', true],
  [
    '{ image: { name: big, without: [s3cret], runsAsRoot: false } }',
    false,
    /^Found the image big, but it runs as root and what should be secret stands in \/key of one of its layers\.$/,
  ],
  ['{ image: { name: "web:1", without: [unasked] } }', null],
  ['{ image: { name: big, smallerThanImage: "web:1" } }', false, /its size is 1000 bytes, and that of web:1 100 bytes/],
  ['{ image: { name: "web:1", historyNot: [{ run: npm }] } }', false, /its history has RUN with “npm” in it/],
  [
    '{ image: { name: "web:1", history: [{ run: npm ci }, { copy: package.json }] } }',
    false,
    /in its history COPY package\.json stands before RUN/,
  ],
  ['{ image: { name: none, runsAsRoot: true } }', false, /^There is no image none on this host yet\.$/],
  ['{ file: { image: none, path: /x } }', false, /^There is no image none on this host yet\.$/],
  [
    '{ built: { image: "web:1", now: true, since: before, steps: [{ from: node }, { copy: package.json, cached: true }, { run: npm ci, cached: true, stage: build }, { copy: ., cached: false }, { copy: /app, stage: last }] } }',
    true,
  ],
  [
    '{ built: { image: "web:1", cachedAtLeast: 2, ranAtMost: 2, ranAtLeast: 2, contextSmallerThan: 3k, contextFilesAtMost: 3, stages: [build] } }',
    true,
  ],
  [
    '{ built: { image: web, steps: [{ run: npm ci, cached: false }] } }',
    false,
    /^Of the build of web: RUN npm ci came from the cache\.$/,
  ],
  [
    '{ built: { image: web, allCached: true } }',
    false,
    /^Of the build of web: 2 steps came from the cache, and 2 had to be carried out, from COPY \. \. on\.$/,
  ],
  ['{ built: { image: web, stepsNot: [{ run: npm ci }] } }', false, /it has the step RUN/],
  ['{ built: { image: web, contextSmallerThan: 2k } }', false, /its build context has 2k\.$/],
  ['{ built: { image: web, warnings: none } }', false, /warns of JSONArgsRecommended: words \(line 4\)\.$/],
  ['{ built: { image: "web:2" } }', false, /^No image web:2 was built here yet\. The last one built is part\.$/],
  ['{ built: { image: away } }', false, /^No image away was built here yet\./],
  ['{ built: { image: bad } }', false, /^The build of bad has failed: exit code: 3 \(line 3\)\.$/],
  ['{ built: { image: bad, failedAt: { run: exit 3 } } }', true],
  ['{ built: { image: bad, failedAt: { run: true } } }', false, /it failed at RUN exit 3\.$/],
  ['{ built: { image: web, failed: true } }', false, /^The build of web has succeeded\.$/],
  ['{ built: { image: part, target: build, stagesNot: [stage-1] } }', true],
  ['{ built: { image: web, target: build } }', false, /it had no --target\.$/],
  ['{ built: { image: web, stagesNot: [build] } }', false, /the stages that were built are build and stage-1\.$/],
  ['{ built: { image: part, now: false } }', null],
  ['{ built: { image: web, since: later } }', false],
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

test('of a host that nobody has asked nothing is known', () => {
  const host = new Map([['unasked', emptyHost]]);
  assert.equal(judge(checkOf('{ built: { image: web } }'), { ...facts, hosts: host }), null);
});

test('instructions are read as either builder writes them into a history', () => {
  const texts = [
    ['/bin/sh -c #(nop) COPY file:abc in /app/', 'copy', ['file:abc'], '/app/'],
    ['/bin/sh -c #(nop)  EXPOSE 80', 'expose', ['80'], ''],
    ['EXPOSE [80/tcp 53/udp]', 'expose', ['80/tcp', '53/udp'], ''],
    ['EXPOSE map[80/tcp:{}]', 'expose', ['80/tcp'], ''],
    ['COPY --from=x --chown=1 a b /c # buildkit', 'copy', ['a', 'b'], '/c'],
    ['ENV A=b C=d e', 'env', ['A=b', 'C=d e'], ''],
  ] as const;
  for (const [text, name, values, to] of texts) {
    const said = saidInHistory(text);
    assert.deepEqual([said?.name, said?.values, said?.to], [name, values, to], text);
  }
  assert.equal(saidInHistory('/bin/sh -c npm ci')?.name, 'run');
  assert.equal(saidInText('COPY ["a b", "c"]', null)?.values[0], 'a b');
});

test('a hostile Dockerfile or .dockerignore takes no long time', async () => {
  const many = 'FROM a AS b\n'.repeat(2000);
  const began = performance.now();
  for (const text of [
    many,
    `FROM a\nENV A=${'$A'.repeat(9000)}\n`,
    `FROM a\n${'RUN x\n'.repeat(5000)}`,
    'x'.repeat(40_000),
  ])
    await readDockerfileText(text, () => Promise.resolve(null));
  const ignored = readIgnoreText('a*a*a*a*a*a*a*a*a*b\n'.repeat(500));
  if ('leavesOut' in ignored) judge(checkOf(`{ dockerignore: { leavesOut: [${'a'.repeat(200)}] } }`), facts);
  // Each has budgets of its own; without them this would take minutes.
  assert.ok(performance.now() - began < 20_000);
});
