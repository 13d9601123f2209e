// A lab file says exactly what it may, and each mistake in it is told with its line and column.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { chooseParameters, emptyLab, fillIn, readLab, withParameters } from '../../lessons/schema.ts';

/** A lab of one task, `check` on line 4. */
const labOf = (check: string, more = '') =>
  `tasks:\n  - id: a\n    expected: Something is so.\n    check: ${check}\n    solution: { run: [ls] }\n${more}`;

const mistakesOf = (text: string) => {
  const read = readLab(text);
  return 'mistakes' in read
    ? read.mistakes.map(({ line, column, message }) => `${line}:${column}: ${message}`).join('\n')
    : '';
};

test('a lab has one host and nothing in it where its file does not say otherwise', () => {
  const read = readLab(labOf('{ absent: web }'));
  assert.ok('lab' in read);
  assert.deepEqual(
    { ...read.lab, tasks: [] },
    { ...emptyLab, hosts: [{ name: 'docker-host', workspace: 'workspace' }] },
  );
  assert.deepEqual(read.lab.tasks[0]?.solution, { run: ['ls'] });
  assert.deepEqual(read.lab.tasks[0]?.wrong, []);
});

const kinds: readonly string[] = [
  '{ container: { name: web, image: "redis:7", state: exited, exitCode: 1, port: none, command: "a b", env: { A: b } } }',
  '{ container: { labels: { a: b }, network: bridge, memory: 64m, cpus: 0.5 } }',
  '{ containers: { image: nginx, state: running, count: 3 } }',
  '{ containers: { atLeast: 2 } }',
  '{ container: { name: web, oomKilled: true } }',
  '{ ran: { image: hello-world, exitCode: 0, name: hi, byDocker: false } }',
  '{ absent: { name: web, host: docker-host } }',
  '{ removed: { name: web } }',
  '{ exec: { container: web, matches: "^ls", means: the command ls } }',
  '{ log: { container: web, matches: "GET", means: a visit } }',
  '{ image: { name: app, from: debian, layers: 3, exposes: 80, smallerThan: 20m } }',
  '{ image: { name: "app:2", sameAs: app, user: me, workdir: /app, command: x, env: {}, labels: {} } }',
  '{ network: { name: bridge, containers: [web] } }',
  '{ repository: { name: "{{namespace}}/web", tag: 1, sameImage: "web:1", mayNotPull: [anonymous] } }',
  '{ repository: { name: "localhost:5000/web", tls: true, login: { user: ann, password: x }, visibility: private } }',
  '{ repository: { name: ann/web, tag: latest, exists: false } }',
  '{ pushed: { name: ann/web, tag: 2, layersSent: 1, layersThereAtLeast: 1 } }',
  '{ pulled: { name: docker.io/library/redis, layersBroughtAtMost: 1 } }',
  '{ container: { repository: { name: ann/web, tag: 1, pushedBy: docker-host } } }',
  '{ image: { name: a, repository: { name: "localhost:5000/a", byDigest: true } } }',
  '{ file: { path: notes/a.txt } }',
  '{ file: { path: a, equals: "x" } }',
  '{ file: { path: a, matches: "^x", means: an x } }',
  '{ http: { port: 8080 } }',
  '{ http: { port: "8080", path: /a, status: 404, contains: not } }',
  '{ process: { executable: nginx, container: web, means: nginx itself } }',
  '{ command: { run: [/usr/bin/test, -e, /etc/x], means: the file x } }',
  '{ all: [{ any: [{ absent: a }, { not: { absent: b } }] }] }',
];
for (const kind of kinds) {
  test(`a check may say ${kind}`, () => {
    assert.equal(mistakesOf(labOf(kind)), '');
  });
}

const mistakes: readonly (readonly [string, RegExp])[] = [
  ['', /^1:1: the file must be a map, and is nothing/],
  ['tasks: [', /^\d:\d+: this is no YAML: /],
  ['tasks: []\ntasks: []', /^2:1: this is no YAML: Map keys must be unique/],
  ['tasks: []', /^1:8: tasks: /],
  [labOf('{ absent: a }').replace('id: a', 'id: start'), /^2:\d+: tasks.*is no id for a task/],
  [labOf('{ absent: a }').replace('id: a', 'id: kept-1'), /^2:\d+: tasks.*is no id for a task/],
  ['{}', /^1:1: tasks: is missing/],
  [labOf('{ absent: web }', 'tusks: 1'), /^6:1: tusks: means nothing here; did you mean tasks\?$/],
  [labOf('{ absent: web }', 'egress: all'), /^6:9: egress: must be one of none, proxy, open$/],
  [labOf('{ absnt: web }'), /^4:14: tasks\[0\]\.check\.absnt: means nothing here/],
  [labOf('{}'), /^4:12: tasks\[0\]\.check: say exactly one of container, /],
  [labOf('{ absent: a, not: { absent: b } }'), /^4:12: tasks\[0\]\.check: say exactly one of /],
  [
    labOf('{ all: [{ absent: a }, { container: { nmae: a } }] }'),
    /^4:50: tasks\[0\]\.check\.all\[1\]\.container\.nmae: /,
  ],
  [labOf('{ container: { port: "80-90" } }'), /^4:33: .*is no published port/],
  [labOf('{ container: { port: "localhost:8080:80" } }'), /is no published port/],
  [labOf('{ container: { mounts: ["data"] } }'), /is no mount/],
  [labOf('{ container: { mounts: ["data:/x:z"] } }'), /is no mount/],
  [labOf('{ container: { mounts: [{ destination: x }] } }'), /must be an absolute path/],
  [labOf('{ container: { mounts: [{}] } }'), /say at least one thing about the mount/],
  [labOf('{ container: { pids: some } }'), /must be a whole number from 1 to 100000, or none/],
  [labOf('{ container: { restart: sometimes } }'), /is no restart policy/],
  [labOf('{ volume: { name: a, usedBy: [b], unused: true } }'), /say one of usedBy and unused/],
  [labOf('{ volume: { nmae: a } }'), /did you mean name\?/],
  [labOf('{ network: { name: a, containers: [b], empty: true } }'), /say one of containers and empty/],
  [labOf('{ absent: { volume: a, name: b } }'), /say exactly one of name, volume, network, image/],
  [labOf('{ removed: { since: a } }'), /say exactly one of name, volume, network/],
  [labOf('{ file: { container: a, path: x } }'), /^4:42: .*must be a path of the container: absolute/],
  [labOf('{ file: { container: a, path: /../x } }'), /must be a path of the container: absolute/],
  [labOf('{ file: { volume: a, path: /x } }'), /must be a path below the volume/],
  [labOf('{ file: { volume: a, container: b, path: x } }'), /say one of container, volume and image/],
  [labOf('{ yaml: { path: a } }'), /say has or hasNot/],
  [labOf('{ compose: { has: nginx } }'), /must be a map or a list of what is wanted/],
  [labOf('{ connection: { from: a, to: b } }'), /port: is missing|port: must be a whole number/],
  [labOf('{ absent: a }', 'editor: { task: b, path: x }'), /^6:17: .*there is no task b/],
  [labOf('{ absent: a }', 'editor: { task: a, path: /x }'), /must be a path below the home directory/],
  [labOf('{ container: { host: docker-host } }'), /say at least one thing/],
  [labOf('{ container: { name: web, host: prod } }'), /^4:12: .*there is no host prod/],
  [labOf('{ containers: { image: nginx } }'), /say either count or atLeast/],
  [labOf('{ log: { container: a, matches: "(", means: x } }'), /^4:44: .*is no regular expression/],
  [labOf('{ log: { container: a, matches: "(a+)+$", means: x } }'), /repeats something that repeats itself/],
  [labOf('{ log: { container: a, matches: "((a|b*)c){2,}", means: x } }'), /repeats something that repeats itself/],
  [labOf('{ repository: { name: "ann/web:1" } }'), /is no name of a repository, such as/],
  [labOf('{ repository: { name: ann/web, sameTag: 1 } }'), /say with `tag` which tag that is/],
  [
    labOf('{ repository: { name: ann/web, exists: false, visibility: public } }'),
    /what is not there is not anything else/,
  ],
  [labOf('{ repository: { name: ann/web, tls: true } }'), /are for a registry of the student’s own/],
  [labOf('{ repository: { name: "localhost:5000/web", mayPull: [anonymous] } }'), /are of the hub/],
  [labOf('{ repository: { name: ann/web, mayPull: [prod] } }'), /there is no host prod/],
  [labOf('{ pulled: { name: ann/web, tag: 1, byDigest: true } }'), /say one of tag and byDigest/],
  [labOf('{ pulled: { name: ann/web, pushedBy: prod } }'), /there is no host prod/],
  [labOf('{ container: { repository: { name: ann/web, pushedBy: prod } } }'), /there is no host prod/],
  [labOf('{ container: { repository: { name: "localhost:5000/web", tag: 1 } } }'), /is asked of the hub alone/],
  [labOf('{ pushed: { name: ann/web, since: later } }'), /waits for the task later, which does not stand before/],
  [labOf('{ absent: a }', 'hosts: [{ name: a, account: own }]'), /the account of the first is the lab’s/],
  [labOf('{ absent: a }', 'parameters: { namespace: { kind: name } }'), /is the namespace of docker-host on the hub/],
  [labOf('{ absent: "{{bNamespace}}" }', 'hosts: [{ name: a }, { name: b }]'), /is none of this lab’s parameters/],
  [labOf('{ file: { path: ../x } }'), /^4:28: .*must be a path below the home directory/],
  [labOf('{ file: { path: /etc/passwd } }'), /must be a path below the home directory/],
  [labOf('{ file: { path: a, contains: x, equals: y } }'), /say one of/],
  [labOf('{ file: { path: a, matches: y } }'), /say with `means`/],
  [labOf('{ http: { port: 99999 } }'), /^4:28: .*must be a whole number from 1 to 65535/],
  [labOf('{ command: { run: [test], means: x } }'), /full path of a program/],
  [labOf('{ process: { means: x } }'), /say executable or matches/],
  [
    labOf('{ after: { tasks: [later], check: { absent: a } } }'),
    /waits for the task later, which does not stand before/,
  ],
  [labOf('{ removed: { name: a, since: later } }'), /waits for the task later, which does not stand before/],
  [labOf('{ ran: { image: a, since: later } }'), /waits for the task later, which does not stand before/],
  [labOf('{ absent: { name: a, host: prod } }'), /there is no host prod/],
  [
    labOf('{ absent: a }', '    slips: [{ when: { after: { tasks: [x], check: { absent: a } } }, say: y }]'),
    /which is none/,
  ],
  [labOf('{ absent: a }', '    wrong: [{ run: [ls] }]'), /^6:13: tasks\[0\]\.wrong\[0\]\.says: is missing/],
  [labOf('{ absent: a }', '    wrong: [{ says: x }]'), /run a line or write a file/],
  [labOf('{ absent: a }', '    wrong: [{ terminal: VM, run: [a], says: x }]'), /there is no terminal “VM”/],
  [
    labOf('{ absent: a }', '  - id: a\n    expected: b\n    check: { absent: b }\n    solution: { run: [b] }'),
    /^6:9: .*twice/,
  ],
  [labOf('{ absent: a }', 'preview: { task: b, port: 80 }'), /^6:18: .*there is no task b/],
  [labOf('{ absent: a }', 'hosts: [{ name: a }, { name: a }]'), /^6:30: .*a is there twice/],
  [labOf('{ absent: "{{nmae}}" }'), /^4:22: \{\{nmae\}\} is none of this lab’s parameters/],
  [labOf('{ absent: a }', 'parameters: { end: { kind: name } }'), /belongs to the templates/],
  [labOf('{ absent: a }', 'parameters: { p: { kind: port, from: 80, to: 90 } }'), /those below are the system’s/],
  [labOf('{ absent: a }', 'parameters: { p: { kind: prot } }'), /^6:2\d: parameters\.p/],
  [
    labOf('{ container: { port: "x{{p}}:80" } }', 'parameters: { p: { kind: port, from: 8100, to: 8200 } }'),
    /^4:33: .*is no published port/,
  ],
];
for (const [text, said] of mistakes) {
  test(`a lab file is refused with ${said.source}`, () => {
    assert.match(mistakesOf(text), said);
  });
}

const withParts = `parameters:
  port: { kind: port, from: 8100, to: 8999 }
  other: { kind: port, from: 8100, to: 8101 }
  more: { kind: port, from: 8100, to: 8101 }
  name: { kind: name }
  secret: { kind: password }
${labOf('{ all: [{ container: { name: "{{name}}", port: "{{port}}:80" } }, { http: { port: "{{port}}" } }] }')}`;

test('parameters are the same for one seed, differ between seeds, and fill every text of the lab', () => {
  const read = readLab(withParts);
  assert.ok('lab' in read, mistakesOf(withParts));
  const { lab } = read;
  const one = chooseParameters(lab.parameters, 'session one');
  assert.deepEqual(chooseParameters(lab.parameters, 'session one'), one);
  assert.match(one.name ?? '', /^[a-z]+-[a-z]+$/);
  assert.match(one.secret ?? '', /^[a-zA-Z2-9]{12}$/);
  assert.notEqual(one.other, one.more, 'two ports of one lab differ');
  const seen = new Set(Array.from({ length: 50 }, (_, i) => JSON.stringify(chooseParameters(lab.parameters, `${i}`))));
  assert.equal(seen.size, 50);
  for (let i = 0; i < 200; i++) {
    const port = Number(chooseParameters(lab.parameters, `port ${i}`).port);
    assert.ok(port >= 8100 && port <= 8999, `${port}`);
  }
  assert.deepEqual(withParameters(lab, one).tasks[0]?.check, {
    all: [
      { container: { name: one.name, port: `${one.port}:80` } },
      { http: { port: one.port, path: '/', status: 200 } },
    ],
  });
});

test('a text keeps the braces of docker --format, and those with a backslash', () => {
  const values = { port: '8123' };
  assert.equal(
    fillIn('-p {{port}}:80 {{.Names}} {{json .}} {{end}} {{prot}}', values),
    '-p 8123:80 {{.Names}} {{json .}} {{end}} {{prot}}',
  );
  assert.equal(fillIn('\\{{port}}', values), '{{port}}');
  assert.equal(fillIn('{{constructor}}', values), '{{constructor}}');
  assert.equal(
    mistakesOf(labOf(`{ absent: web }`, `    wrong: [{ run: ["docker ps --format '{{.Names}}{{end}}'"], says: x }]`)),
    '',
  );
});

/** A lab file, to make one slip in. */
const whole = `images: [busybox]
parameters:
  who: { kind: name }
tasks:
  - id: run
    expected: It is so.
    check:
      container: { name: web, state: running }
    slips:
      - when: { container: { name: web, port: none } }
        say: No port.
    solution:
      run: [docker run -d --name web busybox]
    wrong:
      - run: [docker ps]
        says: x
`;
const slips: readonly (readonly [string, string, RegExp])[] = [
  ['    expected', '     expected', /^5:\d+: the lines around here are not indented alike/],
  ['    expected', '   expected', /^6:1: the lines around here are not indented alike/],
  ['    check:', '  check:', /^7:1: the lines around here are not indented alike/],
  ['    solution:\n      run', '      solution:\n        run', /^12:1: the lines around here/],
  ['    expected', '\texpected', /^6:1: the lines around here/],
  [
    '      container: {',
    '    container: {',
    /^8:5: tasks\[0\]\.container: means nothing here: it belongs to check, so it stands too far to the left$/,
  ],
  [
    '      run: [docker run',
    '    run: [docker run',
    /^13:5: tasks\[0\]\.run: means nothing here: it belongs to solution/,
  ],
  ['name: web, state', 'name: {{who}}, state', /^8:26: \{\{who\}\} needs quotes/],
  ['expected: It is so.', 'expected: {{who}}', /^6:15: \{\{who\}\} needs quotes/],
  ['expected: It is so.', 'expected: {{who}} runs', /^6:23: \{\{who\}\} needs quotes/],
  ['[docker run -d --name web busybox]', '[docker run {{who}}]', /^13:\d+: \{\{who\}\} needs quotes/],
  ['kind: name', 'kind: nam', /^3:16: parameters\.who\.kind: must be one of port, name, password$/],
  [
    'state: running',
    'stat: running',
    /^8:31: tasks\[0\]\.check\.container\.stat: means nothing here; did you mean state\?$/,
  ],
  [
    'slips:',
    'zebra:',
    /^9:5: tasks\[0\]\.zebra: means nothing here; what may stand here: id, expected, optional, check/,
  ],
];
for (const [before, after, said] of slips)
  test(`one slip has one message: ${JSON.stringify(after)} instead of ${JSON.stringify(before)}`, () => {
    assert.ok(whole.includes(before));
    const read = readLab(whole.replace(before, after));
    assert.ok('mistakes' in read);
    const told = read.mistakes.map(({ line, column, message }) => `${line}:${column}: ${message}`);
    assert.equal(told.length, 1, told.join('\n'));
    assert.match(told[0] ?? '', said);
  });

test('optional tasks stand last, and not all are optional', () => {
  const task = (id: string, more = '') =>
    `  - { id: ${id}, expected: x, check: { absent: x }, solution: { run: [ls] }${more} }\n`;
  const told = (text: string) => {
    const read = readLab(`tasks:\n${text}`);
    return 'mistakes' in read ? read.mistakes.map(({ line, message }) => `${line}: ${message}`).join('\n') : '';
  };
  assert.equal(told(task('a') + task('b', ', optional: true')), '');
  assert.match(
    told(task('a', ', optional: true')),
    /^2: tasks\[0\]\.optional: one task at least must not be optional$/,
  );
  assert.match(
    told(task('a') + task('b', ', optional: true') + task('c')),
    /^4: tasks\[2\]\.id: c stands after b, which is optional: put those last$/,
  );
});
