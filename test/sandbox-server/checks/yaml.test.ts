// Files of YAML that a student wrote: what they mean, whatever way they are written, and what a hostile one may cost.

import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import type { YamlCheck, YamlData } from '../../../lessons/schema.ts';
import { yamlDiffers, yamlFound } from '../../../sandbox-server/checks/yaml/check.ts';
import { readYamlText } from '../../../sandbox-server/checks/yaml/read.ts';

/** What is said of a file; empty where it is as it is wanted. */
function said(text: string, has: YamlData, isCompose = true, hasNot?: YamlData): string {
  const check: YamlCheck = { path: 'compose.yaml', has, ...(hasNot !== undefined && { hasNot }) };
  return yamlFound(check, isCompose, readYamlText(text), 'compose.yaml');
}

const service = (words: string) => `services: { web: { ${words} } }`;
const web = (wanted: YamlData): YamlData => ({ services: { web: wanted } });

/** What is written, and what is wanted: the same. */
const alike: readonly (readonly [string, YamlData])[] = [
  ['ports: [8080:80]', { ports: ['8080:80'] }],
  ['ports: ["127.0.0.1:8080:80/tcp"]', { ports: ['8080:80'] }],
  ['ports: [{ target: 80, published: "8080" }]', { ports: ['8080:80'] }],
  ['ports: ["8080:80"]', { ports: [{ target: 80, published: 8080 }] }],
  ['ports: ["53:53/udp", "80"]', { ports: ['53:53/udp'] }],
  ['ports: ["[::1]:8080:80"]', { ports: ['[::1]:8080:80'] }],
  ['environment: [A=1, "B=two words", C]', { environment: { A: 1, B: 'two words', C: null } }],
  ['environment: { A: 1, D: "" }', { environment: ['A=1', 'D='] }],
  ['labels: { keep: "yes" }', { labels: ['keep=yes'] }],
  ['volumes: ["data:/data", "./site/:/site:ro"]', { volumes: ['data:/data', './site:/site:ro'] }],
  ['volumes: [{ type: volume, source: data, target: /data }]', { volumes: ['data:/data'] }],
  ['volumes: ["data:/data:ro"]', { volumes: ['data:/data'] }],
  ['volumes: [{ type: bind, source: ./site, target: /site, read_only: true }]', { volumes: ['./site:/site:ro'] }],
  ['volumes: ["/data"]', { volumes: ['/data'] }],
  ['depends_on: [db]', { depends_on: ['db'] }],
  ['depends_on: { db: { condition: service_healthy } }', { depends_on: ['db'] }],
  ['networks: [front, back]', { networks: { back: null } }],
  ['networks: { back: { aliases: [b] } }', { networks: ['back'] }],
  [`command: nginx -g 'daemon off;'`, { command: ['nginx', '-g', 'daemon off;'] }],
  ['command: [sleep, "5"]', { command: 'sleep   5' }],
  [
    'healthcheck: { test: pg_isready, interval: 90s }',
    { healthcheck: { test: ['CMD-SHELL', 'pg_isready'], interval: '1m30s' } },
  ],
  ['build: .', { build: { context: '.' } }],
  ['build: { context: ./app/, args: { V: 1 } }', { build: { context: './app', args: ['V=1'] } }],
  ['env_file: .env', { env_file: ['.env'] }],
  ['mem_limit: 64MB', { mem_limit: '64m' }],
  ['cpus: "0.50"', { cpus: 0.5 }],
  ['deploy: { resources: { limits: { memory: 1G } } }', { deploy: { resources: { limits: { memory: '1024m' } } } }],
  ['image: docker.io/library/nginx:1.27', { image: 'nginx' }],
  ['image: nginx', { image: 'nginx:latest' }],
  ['restart: no', { restart: 'no' }],
  ['privileged: true', { privileged: 'true' }],
  ['x-note: ~', { 'x-note': null }],
];
/** The same for the other thing, and what is said. */
const different: readonly (readonly [string, YamlData, RegExp])[] = [
  [
    'ports: ["8080:80"]',
    { ports: ['127.0.0.1:8080:80'] },
    /services\.web\.ports has 8080:80, not 127\.0\.0\.1:8080:80\.$/,
  ],
  ['ports: ["8080:80/udp"]', { ports: ['8080:80'] }, /has 8080:80\/udp, not 8080:80\.$/],
  ['ports: []', { ports: ['8080:80'] }, /services\.web\.ports is empty, and has no 8080:80\.$/],
  ['ports: ["1:1", "2:2"]', { ports: ['3:3'] }, /has no 3:3; there is 1:1 and 2:2\.$/],
  ['ports: 8080', { ports: ['8080:80'] }, /services\.web\.ports is 8080, not a list\.$/],
  ['environment: [A=2]', { environment: { A: 1 } }, /services\.web\.environment\.A is 2, not 1\.$/],
  ['environment: [B=1]', { environment: { A: 1 } }, /services\.web\.environment\.A is not there\.$/],
  ['volumes: ["data:/data"]', { volumes: ['data:/data:ro'] }, /has data:\/data, not data:\/data:ro\.$/],
  ['volumes: ["./data:/data"]', { volumes: ['data:/data'] }, /has \.\/data:\/data, not data:\/data\.$/],
  ['command: sleep 6', { command: ['sleep', '5'] }, /services\.web\.command is sleep 6, not sleep 5\.$/],
  ['image: "nginx:1.26"', { image: 'nginx:1.27' }, /services\.web\.image is nginx:1\.26, not nginx:1\.27\.$/],
  ['mem_limit: 65m', { mem_limit: '64m' }, /services\.web\.mem_limit is 65m, not 64m\.$/],
  ['healthcheck: { interval: 5s }', { healthcheck: { interval: '1m' } }, /interval is 5 s, not 60 s\.$/],
  ['healthcheck: { test: [CMD, a] }', { healthcheck: { test: 'a' } }, /test is CMD a, not CMD-SHELL a\.$/],
  ['restart: ~', { restart: 'always' }, /services\.web\.restart is empty, not always\.$/],
];

describe('a file for Compose', () => {
  for (const [written, wanted] of alike)
    test(`with ${written} has ${JSON.stringify(wanted)}`, () => assert.equal(said(service(written), web(wanted)), ''));
  for (const [written, wanted, words] of different)
    test(`with ${written} has not ${JSON.stringify(wanted)}`, () =>
      assert.match(said(service(written), web(wanted)), words));

  test('means the same in braces, in blocks, with anchors and merges, in any order', () => {
    const wanted: YamlData = {
      services: { a: { image: 'nginx', restart: 'always' }, b: { restart: 'always' } },
      volumes: { v: null },
    };
    const braces =
      '{"volumes": {"v": {}}, "services": {"b": {"restart": "always"}, "a": {"restart": "always", "image": "nginx"}}}';
    const anchors =
      'x-all: &all { restart: always }\nservices:\n  a: { <<: *all, image: nginx }\n  b: *all\nvolumes:\n  v:\n';
    const blocks =
      '# note\nvolumes:\n    v: !!null\nservices:\n    a:\n        image: >-\n            nginx\n        restart: "always"\n    b:\n        restart: \'always\'\n';
    for (const text of [braces, anchors, blocks]) assert.equal(said(text, wanted), '', text);
  });

  test('has nothing of what is not to be in it', () => {
    const not: YamlData = { services: { db: { ports: null }, web: { ports: ['80:80'], restart: 'no' } } };
    assert.equal(said('services: { db: { image: x }, web: { ports: ["8080:80"] } }', {}, true, not), '');
    assert.match(said('services: { db: { ports: [] } }', {}, true, not), /services\.db\.ports should not be there\.$/);
    assert.match(said(service('ports: ["80:80"]'), {}, true, not), /services\.web\.ports should not have 80:80\.$/);
    assert.match(said(service('restart: no'), {}, true, not), /services\.web\.restart should not be no\.$/);
  });

  test('that is empty or another thing altogether is told so', () => {
    assert.equal(said('', web({})), 'compose.yaml is empty, not a map.');
    assert.equal(said('[1]', web({})), 'compose.yaml is a list, not a map.');
    assert.equal(said('services: nothing', web({})), 'In compose.yaml, services is nothing, not a map.');
    assert.match(said('services:\n\tweb: x', web({})), /^compose\.yaml cannot be read as YAML: line 2: /);
    assert.match(said('a: 1\na: 2', {}), /cannot be read as YAML: line 2: Map keys must be unique/);
  });
});

describe('a hostile file', () => {
  const laughs = (levels: number, width: number) =>
    `a0: &a0 [${'x,'.repeat(width)}]\n${Array.from({ length: levels }, (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(width)}]`).join('\n')}`;
  const files: Readonly<Record<string, string>> = {
    'anchors that repeat anchors': laughs(9, 9),
    'one anchor that repeats much': `a: &a [${'x,'.repeat(4_000)}]\nb: [${'*a,'.repeat(90)}]`,
    'deep lists': '['.repeat(16_000),
    'deep maps': Array.from({ length: 150 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
    'many keys': Array.from({ length: 2_800 }, (_, at) => `${at}:`).join('\n'),
    'a long text': `a: "${'\\"'.repeat(8_000)}"`,
    'a long command': `services: { web: { command: '${`"${'\\"'.repeat(7_000)}`.replaceAll("'", '')}' } }`,
    'more than is read': 'a'.repeat(70_000),
    'tags and directives': '%YAML 1.1\n---\n!!js/function "x": !<tag:a> [!!binary x, !!set {a, b}, 2001-01-01]\n',
    'several documents': 'a: 1\n---\nb: 2\n',
    'control characters': 'a: \u0000\u001b[2J\u202e\n',
  };
  for (const [name, text] of Object.entries(files))
    test(`of ${name} costs little, and is never what is wanted`, () => {
      const beganMs = performance.now();
      assert.notEqual(said(text, web({ command: 'x' })), '');
      assert.ok(performance.now() - beganMs < 5_000, `${performance.now() - beganMs} ms`);
    });

  test('of names that objects have by themselves has only what it says', () => {
    assert.notEqual(said('{}', { constructor: null }, false), '');
    assert.notEqual(said('{}', { toString: null }, true), '');
    const polluted = JSON.parse('{ "__proto__": { "x": 1 } }') as YamlData;
    assert.equal(said('__proto__: { x: 1 }', polluted, false), '');
    assert.equal(({} as { x?: number }).x, undefined);
    assert.equal(said('services: { constructor: { ports: ["1:1"] } }', { services: { constructor: null } }), '');
  });

  test('is told of in one short line of plain text', () => {
    const evil = `<img src=x onerror=alert(1)>\\u202e\\u001b[31m${'x'.repeat(300)}`;
    for (const text of [
      `services: { web: { image: "${evil}" } }`,
      `services: "${evil}"`,
      `"${evil}": [`,
      `- "${evil}"`,
    ]) {
      const words = said(text, web({ image: 'nginx' }));
      assert.match(words, /^[\x20-\x7e…“”’]+$/, words);
      assert.ok(words.length < 250, words);
    }
  });

  test('of one list in another is compared no longer than is good', () => {
    const wanted: YamlData = Array.from({ length: 15 }, () => Array.from({ length: 15 }, () => ['y']));
    const data = Array.from({ length: 70 }, () => Array.from({ length: 200 }, () => ['x']));
    const began = process.threadCpuUsage();
    assert.notEqual(yamlDiffers({ path: 'x', has: wanted }, data, false), null);
    // Of the processor's time: what else the machine does meanwhile is not its fault.
    const { user, system } = process.threadCpuUsage(began);
    assert.ok(user + system < 2_000_000, `${user + system} µs`);
  });
});
