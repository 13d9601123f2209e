// Ctrl-C in each part of a build, by both generations of clients: it ends, nothing of it is left, and the next build works.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { until } from '../../support/until.ts';
import { type Client, ClientLab } from './clients.ts';

const lab = new ClientLab();

const files = {
  'step/Dockerfile': `FROM busybox
RUN --mount=type=cache,target=/kept,sharing=locked touch /kept/mine && echo started && { test -e /go || sleep 987; }
`,
  'plain/Dockerfile': 'FROM busybox\nRUN echo started && sleep 987\n',
  'large/Dockerfile': 'FROM busybox\nRUN dd if=/dev/zero of=/large bs=1M count=64\n',
  'small/Dockerfile': 'FROM busybox\nRUN echo again > /again\n',
};

interface Phase {
  readonly name: string;
  /** The client, whose output is in `out`. */
  readonly command: string;
  readonly isReached: RegExp;
  /** Done before, and after. */
  readonly before?: string;
  readonly after?: string;
  /** A current client waits for its own standard input to end, at a real dockerd too. */
  readonly waitsForInput?: boolean;
}

/** A context that never ends: all of it is read that there is. */
const feeding = `rm -rf feed; mkdir feed; mkfifo feed/in; head -c 1000000 /dev/zero > small/zeros
tar -cf feed/tar -C small Dockerfile zeros; head -c 500000 feed/tar > feed/part
(exec > feed/in; cat feed/part; echo fed >> out; exec sleep 986) > /dev/null 2>&1 < /dev/null & echo $! > feed/pid`;
const fed = 'kill $(cat feed/pid); rm -rf feed small/zeros';

const phases: readonly Phase[] = [
  {
    name: 'while the context comes',
    before: feeding,
    command: 'docker build --progress=plain - < feed/in',
    isReached: /load remote build context[\s\S]*fed|fed[\s\S]*load remote build context/,
    after: fed,
  },
  {
    name: 'in a step, with a cache that is locked',
    command: 'docker build --progress=plain step',
    isReached: /^#\d+ [\d.]+ started/m,
  },
  {
    name: 'while an output goes to the client',
    // Nobody reads it.
    before: 'mkfifo output; (exec sleep 986 < output) > /dev/null 2>&1 < /dev/null & echo $! > output.pid',
    command: 'docker build --progress=plain -o type=tar,dest=- large > output',
    isReached: /sending tarball/,
    after: 'kill $(cat output.pid); rm output',
  },
  {
    name: 'while it is pushed',
    // A registry that takes a connection and says nothing.
    before: "docker run -d --name mute -p 5000:5000 busybox sh -c 'while :; do sleep 986 | nc -l -p 5000; done'",
    command: 'docker build --progress=plain --push -t localhost:5000/never small',
    isReached: /pushing/,
    after: 'docker rm -f mute',
  },
  {
    name: 'while the context comes, by the classic builder',
    before: feeding,
    command: 'env DOCKER_BUILDKIT=0 docker build - < feed/in >> out',
    isReached: /fed/,
    after: fed,
    waitsForInput: true,
  },
  {
    name: 'in a step, by the classic builder',
    command: 'env DOCKER_BUILDKIT=0 docker build plain >> out',
    isReached: /^started/m,
  },
];

for (const [generation, open] of Object.entries(lab.generations)) {
  describe(generation, () => {
    let client: Client;
    let workspace: Client;

    beforeAll(async () => {
      ({ client } = await open());
      workspace = lab.of(client.host);
      await client.directory('.', files);
    });

    afterAll(async () => {
      await client.said('docker builder prune -af');
    });

    test.each(phases)(
      '$name',
      async ({ command, isReached, before = 'true', after = 'true', waitsForInput = false }) => {
        await client.said(`rm -f out code; touch out\n${before}`);
        // A shell has what is in its background ignore the signal that a terminal sends.
        const started = `sh -c 'echo $$ > pid; exec env --default-signal=INT ${command}'`;
        await client.said(`{ setsid ${started} 2>> out; echo $? > code; } > /dev/null 2>&1 < /dev/null &`);
        const out = (): Promise<string> => client.said('cat out');
        await until('the build is there', async () => isReached.test(await out()));
        await client.said('bash -c "kill -INT -- -$(cat pid)"');
        if (waitsForInput) await client.said(after);
        await until('the client ends', async () => (await client.shell('test -e code')).exitCode === 0);
        assert.notEqual(await client.said('cat code'), '0\n');
        assert.doesNotMatch(await out(), /^#\d+ ERROR/m);
        if (!waitsForInput) await client.said(after);
        await until('no step is left', async () => !(await workspace.said('ps ax -o args')).includes('sleep 987'));
        await until('nothing else is left', async () => (await lab.engine.client.check()).ok);
        assert.equal(await client.said('docker ps -aq'), '');
        const told = await client.told(
          `printf 'FROM busybox\\nRUN --mount=type=cache,target=/kept,sharing=locked echo next\\n' | docker build --progress=plain --no-cache -`,
        );
        assert.match(told, /^#\d+ [\d.]+ next$/m);
        await client.said('DOCKER_BUILDKIT=0 docker build small > /dev/null 2>&1');
      },
    );
  });
}
