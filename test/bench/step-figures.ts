// Builds of ten steps: alone, by a class at once, and what of it is the client's own. buildx takes longer to start than a cached build
// takes the engine; so both engines are asked by a client that costs nothing to start too.

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import type { EngineClient } from '@drydock/runtime';
import type { Buildx } from '../runtime/build/buildx.ts';
import { BuildClient, openSession } from '../support/build-client.ts';
import { docker, timed } from './clock.ts';
import { besideTheirs, type Figure, growth, timing } from './figures.ts';

const rounds = 8;
const students = 20;

const tenSteps = `FROM busybox
WORKDIR /app
COPY one .
COPY two three ./
RUN echo 1 > 1
RUN echo 2 > 2
RUN cat one > 3
RUN cat two three > 4
COPY . all
RUN find all > 5
RUN rm 1 2
CMD ["cat", "/app/5"]
`;
/** In the order in which a client lists them. */
const files = { Dockerfile: tenSteps, one: 'one\n', three: 'three\n', two: 'two\n' };
const isKnown = { 'no-cache': null };
const isNew = { 'no-cache': '' };
type How = typeof isKnown | typeof isNew;

/** What buildx asks once it runs: a session, the build, and all that it tells of itself. */
async function buildBare(socket: string, how: How): Promise<void> {
  using client = await BuildClient.open(socket);
  const directories = { context: files, dockerfile: { Dockerfile: tenSteps } };
  using session = await openSession(socket, { directories, sharedKey: socket });
  const ref = randomUUID().replaceAll('-', '');
  const attributes = Object.entries(how).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  const told = (async () => {
    let count = 0;
    for await (const { vertexes } of client.status(ref)) count += vertexes.length;
    if (count === 0) throw new Error('the build has told nothing of itself');
  })();
  told.catch(() => undefined);
  await client.solve({
    ref,
    session: session.id,
    frontend: 'dockerfile.v0',
    frontendAttributes: Object.fromEntries(attributes),
    exporters: [{ type: 'moby', attributes: { name: 'bench-bare' } }],
  });
  await told;
}

/** In pairs, theirs first: both meet the machine in the same mood. */
async function compared(
  name: string,
  { ours, theirs }: { readonly ours: string; readonly theirs: string | null },
  least: number | null,
  build: (socket: string) => Promise<void>,
): Promise<Figure[]> {
  const times: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    if (theirs !== null) times.theirs.push(await timed(() => build(theirs)));
    times.ours.push(await timed(() => build(ours)));
  }
  // The first of each has what others have not: code that is read, a base that is looked at.
  return besideTheirs(name, times.ours.slice(1), times.theirs.slice(1), least);
}

export async function stepFigures(
  client: EngineClient,
  buildx: Buildx,
  ours: string,
  theirs: string | null,
): Promise<Figure[]> {
  const context = buildx.context('steps', (folder) => {
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(`${folder}/${name}`, text);
  });
  const built = async (socket: string, ...options: string[]): Promise<void> => {
    const { exitCode, stderr } = await buildx.build(socket, context, '-t', 'bench', ...options);
    if (exitCode !== 0) throw new Error(stderr);
  };
  const both = { ours, theirs };
  const starts: number[] = [];
  for (let round = 0; round < rounds; round++) starts.push(await timed(() => buildx.version()));
  return [
    ...(await compared('build of 10 steps', both, 2, (socket) => built(socket, '--no-cache'))),
    ...(await compared('  the engines’ part of it', both, 2, (socket) => buildBare(socket, isNew))),
    ...(await compared('build of 10 steps, all known', both, null, (socket) => built(socket))),
    timing('  docker and buildx, asked for their version', starts, null, 0.5),
    ...(await compared('  the engines’ part of it, all known', both, 2, (socket) => buildBare(socket, isKnown))),
    ...(await classFigures(client, ours, built)),
  ];
}

/** The last of a class beside one alone; and what of it is the clients', which the machine's processors share. */
async function classFigures(
  client: EngineClient,
  ours: string,
  build: (socket: string) => Promise<void>,
): Promise<Figure[]> {
  const names = Array.from({ length: students }, (_, at) => `bench-student${at}`);
  const sockets: string[] = [];
  for (const name of names) {
    const { dockerSocket } = await client.createHost(name);
    await docker(dockerSocket, 'pull', '-q', 'busybox');
    sockets.push(dockerSocket);
  }
  const all = (act: (socket: string) => Promise<void>) =>
    timed(() => Promise.all(sockets.map((socket) => act(socket))));
  await docker(ours, 'builder', 'prune', '-af');
  const alone = await timed(() => build(ours));
  const together = await all(build);
  const known = await all(build);
  const bareAlone = await timed(() => buildBare(ours, isNew));
  const bareTogether = await all((socket) => buildBare(socket, isNew));
  for (const name of names) await client.removeHost(name);
  return [
    growth(`the last of ${students} who build 10 steps at once, beside one alone`, together / alone, 3),
    timing('  in all', [together]),
    timing('  of that the clients: the last of as many at once, all known', [known]),
    growth('  beside one alone', known / alone, null),
    growth('  the engine’s part: beside its part of one alone', bareTogether / bareAlone, null),
  ];
}
