// The same context, built twice: on two hosts, each with its own engine, from directories that were made at other times.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { Student } from './student-builds.ts';

const engines: TestEngine[] = [];
const students: Student[] = [];

beforeAll(async () => {
  for (const _ of [1, 2]) {
    const engine = await startEngine();
    engines.push(engine);
    await createDockerHost(engine, 'dev');
    students.push(new Student(engine, 'dev'));
  }
});

afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]();
});

const Dockerfile = `FROM busybox
WORKDIR /app/data
COPY a.txt /
COPY deep /app/deep/
COPY --chown=5:6 a.txt b.txt /some/new/place/
COPY a.txt /etc/
COPY <<END /written/here
text
END
ADD packed.tar /unpacked/
ENV A=1
`;

interface Built {
  readonly id: string;
  readonly layers: readonly string[];
}

async function built(student: Student, time: string, environment: string): Promise<Built> {
  await student.directory('same', { Dockerfile, 'a.txt': 'a\n', 'b.txt': 'b\n', 'deep/er/c.txt': 'c\n' });
  await student.said(`cd same && mkdir -p tree/x && echo x > tree/x/y && touch -d 2001-01-01 tree/x/y tree/x tree &&
    tar --sort=name --owner=0 --group=0 -cf packed.tar tree && rm -r tree &&
    touch -d 2002-02-02 a.txt b.txt packed.tar deep/er/c.txt deep/er deep && touch -d ${time} .`);
  await student.said(`${environment} docker build -q -t same same`);
  const format = "'{{.Id}}{{range .RootFS.Layers}} {{.}}{{end}}'";
  const [id = '', ...layers] = (await student.said(`docker inspect -f ${format} same`)).trim().split(' ');
  return { id, layers };
}

test('gives the same image with SOURCE_DATE_EPOCH, and another for another time', async () => {
  const [one, two] = students;
  assert.ok(one && two);
  const environment = 'SOURCE_DATE_EPOCH=1234567890';
  const first = await built(one, '2003-03-03', environment);
  const second = await built(two, '2004-04-04', environment);
  assert.deepEqual(first, second);
  const format = "'{{.CreatedAt}}'";
  const times = await two.said(
    `docker inspect -f '{{.Created}}' same; docker history --human=false --format ${format} same | sort | uniq -c`,
  );
  assert.match(times, /^2009-02-13T23:31:30Z\n\s*8 2009-02-13T23:31:30Z/);
  const later = await built(one, '2003-03-03', 'SOURCE_DATE_EPOCH=1234567891');
  assert.notEqual(later.id, first.id);
});

test('gives the same layers where only files of the context are made, whatever time its directories are of', async () => {
  const [one, two] = students;
  assert.ok(one && two);
  const layersOf = async (student: Student, time: string): Promise<string> => {
    const files = { Dockerfile: 'FROM busybox\nCOPY a b /\nCOPY d/c /c\n', a: 'a\n', b: 'b\n', 'd/c': 'c\n' };
    await student.directory('plain', files);
    await student.said(`cd plain && touch -d 2002-02-02 a b d/c && touch -d ${time} d .`);
    await student.said('docker build -q -t plain plain');
    return await student.said("docker inspect -f '{{.RootFS.Layers}}' plain");
  };
  assert.equal(await layersOf(one, '2003-03-03'), await layersOf(two, '2004-04-04'));
});

test('a time that is none is refused in BuildKit’s words', async () => {
  const [one] = students;
  assert.ok(one);
  await one.directory('none', { Dockerfile: 'FROM busybox\nWORKDIR /x\n' });
  const refused = await one.shell('SOURCE_DATE_EPOCH=1.5 docker build none');
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /invalid SOURCE_DATE_EPOCH: 1\.5: strconv\.ParseInt: parsing "1\.5": invalid syntax/);
});
