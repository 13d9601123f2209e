// docker compose against a real host: a current one (2.40) from outside, and the workspace's (Debian trixie's, 2.26) from within.
// Every command that students and editors use, but build, on one project of three services.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { CommandOutcome } from '../../support/docker-command.ts';
import { composeProgram, makeDockerConfig } from '../../support/docker-config.ts';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { isSoak } from '../../support/soak.ts';

/** `setup` comes before `api`, and `db` before both; `admin` is in no start but one that asks for it. */
const composeFile = `
name: shop
x-quick: &quick { image: busybox, stop_grace_period: 0s }
services:
  db:
    <<: *quick
    command: sh -c 'cat /run/secrets/password > /data/up; exec sleep 1000'
    environment: { COLOUR: "\${COLOUR:-red}" }
    healthcheck: { test: test -s /data/up, interval: 100ms, retries: 50 }
    volumes: ["data:/data"]
    networks: [back]
    secrets: [password]
  setup:
    <<: *quick
    command: sh -c 'echo page of $\${HOSTNAME} > /data/index.html'
    hostname: setup
    depends_on: { db: { condition: service_healthy } }
    volumes: ["data:/data"]
    networks: [back]
  api:
    <<: *quick
    build: .
    image: shop-api
    command: httpd -f -h /data
    depends_on: { setup: { condition: service_completed_successfully } }
    volumes: ["data:/data:ro"]
    networks: { back: {}, front: { aliases: [backend] } }
    configs: [{ source: motd, target: /etc/motd }]
    develop: { watch: [{ action: sync, path: ./www, target: /www }] }
  web:
    <<: *quick
    command: sh -c 'until wget -qO /index.html http://backend/; do sleep 0.05; done; echo ready; exec httpd -f -h /'
    depends_on: [api]
    networks: [front]
    ports: ["8080:80"]
  admin:
    <<: *quick
    command: sh -c 'until test -e /go; do echo waiting; sleep 0.05; done; echo done; sleep 5; exit 6'
    profiles: [tools]
    network_mode: none
volumes: { data: { labels: { keep: "no" } } }
networks: { back: { internal: true }, front: {} }
secrets: { password: { environment: PASSWORD } }
configs: { motd: { content: "hello from a config" } }
`;

/** What a shell waits with: it fails after twenty seconds. */
const waiting = `
waitfor() { n=0; until eval "$1"; do n=$((n + 1)); test $n -lt 400 || { echo "waited for $1" >&2; return 1; }; sleep 0.05; done; }
`;

/** Runs a script in the project's directory, where \`docker-compose\` is that version's. */
type Shell = (script: string) => Promise<CommandOutcome>;

let either: EitherDocker;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), `${process.env.TEST_RUN ?? 'compose'}-`));
  makeDockerConfig(path.join(folder, 'config'));
  either = await openDocker();
});

afterAll(async () => {
  await either?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function outside(): Promise<Shell> {
  const cwd = path.join(folder, 'shop');
  await mkdir(path.join(cwd, 'www'), { recursive: true });
  await writeFile(path.join(cwd, 'compose.yaml'), composeFile);
  const env = {
    PATH: `${path.dirname(composeProgram())}:${process.env.PATH}`,
    HOME: folder,
    DOCKER_CONFIG: path.join(folder, 'config'),
    DOCKER_HOST: `unix://${either.socket}`,
    PASSWORD: 'hidden',
    COMPOSE_ANSI: 'never',
    // As in test/conform/ask-case.ts.
    GOGC: 'off',
    GOMAXPROCS: '1',
  };
  return (script) =>
    new Promise((resolve) =>
      execFile('sh', ['-ec', waiting + script], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
        resolve({ exitCode: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
      }),
    );
}

async function inside(): Promise<Shell> {
  const { client } = either.engine;
  const { name } = await client.createHost('inside');
  const bash = (script: string, cwd: string, stdin?: Uint8Array) =>
    client.run(name, {
      argv: ['sh', '-ec', waiting + script],
      ...{ cwd, env: ['PASSWORD=hidden', 'COMPOSE_ANSI=never'], timeoutMs: 60_000 },
      ...(stdin && { stdin }),
    });
  const made = await bash(
    'docker pull -q busybox; mkdir -p shop/www; cat > shop/compose.yaml',
    '/home/student',
    Buffer.from(composeFile),
  );
  assert.equal(made.exitCode, 0, made.stderr);
  return (script) => bash(script, '/home/student/shop');
}

const machine = '2.40 from outside';
const versions: Record<string, () => Promise<Shell>> = {
  // Students have the other one: `npm test` tries that, a soak both.
  ...((isReference || isSoak) && { [machine]: outside }),
  // There is no workspace but ours.
  ...(!isReference && { '2.26 of the workspace': inside }),
};

for (const [version, open] of Object.entries(versions)) {
  describe(`compose ${version}`, () => {
    let shell: Shell;

    beforeAll(async () => {
      shell = await open();
    });

    /** Of a script that succeeds: what it wrote to its output. */
    async function said(script: string): Promise<string> {
      const { exitCode, stdout, stderr } = await shell(script);
      assert.equal(exitCode, 0, `${script}\n${stdout}${stderr}`);
      return stdout.trim();
    }
    const sorted = async (script: string): Promise<string[]> => (await said(script)).split('\n').sort();

    test('is a plugin of the docker command', async () => {
      assert.match(await said('docker compose version --short'), version === machine ? /^2\.4\d/ : /^2\.26/);
    });

    test('pull gets what is not there', { skip: isReference }, async () => {
      await said('docker rmi busybox; docker-compose pull -q db; docker tag busybox shop-api');
      assert.match(await said('docker image inspect -f "{{.RepoTags}}" busybox'), /busybox:latest/);
    });

    test('config reads the project, and create makes what does not run yet', async () => {
      await said('docker tag busybox shop-api');
      assert.deepEqual(await sorted('docker-compose config --services'), ['api', 'db', 'setup', 'web']);
      assert.deepEqual(await sorted('docker-compose config --volumes'), ['data']);
      assert.match(await said('COLOUR=blue docker-compose config'), /COLOUR: blue/);
      await said('docker-compose create');
      assert.deepEqual(await sorted('docker-compose ps -a --format "{{.Service}} {{.State}}"'), [
        ...['api created', 'db created', 'setup created', 'web created'],
      ]);
    });

    test('up waits for health and for an end; secrets and configs are there', async () => {
      await said('docker-compose up -d');
      assert.deepEqual(
        await sorted('docker-compose ps -a --format "{{.Service}} {{.State}} {{.Health}} {{.ExitCode}}"'),
        [...['api running  0', 'db running healthy 0', 'setup exited  0', 'web running  0']],
      );
      assert.equal(await said('docker-compose exec -T db cat /data/up'), 'hidden');
      assert.equal(await said('docker-compose exec -T api cat /etc/motd'), 'hello from a config');
    });

    test('a second up changes nothing, and one with another value makes that service anew', async () => {
      const ids = 'docker-compose ps -aq | sort';
      const before = await said(ids);
      await said('docker-compose up -d --no-recreate');
      assert.equal(await said(ids), before);
      await said('COLOUR=blue docker-compose up -d --no-deps db');
      assert.equal(await said('docker-compose exec -T db sh -c "echo \\$COLOUR"'), 'blue');
      assert.notEqual(await said(ids), before);
    });

    test('services find each other by name on the networks that they share, and no others', async () => {
      // It has had the page of `backend` then, and shows it itself.
      await said('waitfor "docker-compose exec -T web wget -qO /dev/null http://127.0.0.1/index.html"');
      assert.equal(await said('docker-compose exec -T web wget -qO- http://backend/'), 'page of setup');
      assert.equal(await said('docker-compose exec -T db wget -qO- http://api/'), 'page of setup');
      const { exitCode, stderr } = await shell('docker-compose exec -T web ping -c 1 -w 1 db');
      assert.equal(exitCode, 1);
      assert.match(stderr, /bad address 'db'/);
      assert.equal(
        await said('docker run --rm --network host busybox wget -qO- http://127.0.0.1:8080/index.html'),
        'page of setup',
      );
    });

    test('ps, images, port, top, ls, stats and volumes tell what there is', async () => {
      const [api] = JSON.parse(`[${await said('docker-compose ps api --format json')}]`);
      assert.deepEqual([api.Name, api.Service, api.Project, api.State], ['shop-api-1', 'api', 'shop', 'running']);
      assert.match(await said('docker-compose images web'), /shop-web-1 +busybox +latest/);
      assert.equal(await said('docker-compose port web 80'), '0.0.0.0:8080');
      assert.match(await said('docker-compose top db'), /sleep 1000/);
      assert.match(await said('docker-compose ls'), /^shop +(exited\(1\), )?running\(3\)/m);
      assert.match(await said('docker-compose stats --no-stream db'), /shop-db-1 +\d/);
      if (version === machine) assert.match(await said('docker-compose volumes'), /local +shop_data/);
      const labels = await said('docker volume inspect -f "{{json .Labels}}" shop_data');
      assert.equal(JSON.parse(labels)['com.docker.compose.volume'], 'data');
    });

    test('exec has its input, its environment, its user and its exit code', async () => {
      assert.equal(await said('echo one | docker-compose exec -T db cat'), 'one');
      assert.equal(
        await said("docker-compose exec -T -e A=1 -u 5 -w /tmp db sh -c 'echo $A $(id -u) $PWD'"),
        '1 5 /tmp',
      );
      assert.equal((await shell("docker-compose exec -T db sh -c 'exit 3'")).exitCode, 3);
      // Whose input does not end before the command has.
      const tty = await said(`
        mkfifo keys; sleep 1000 > keys & pid=$!
        script -qec "docker-compose exec db sh -c 'test -t 0 && echo terminal'" /dev/null < keys
        kill $pid; rm keys`);
      assert.match(tty, /terminal/);
    });

    test('run makes a container of its own, and removes it', async () => {
      assert.equal(
        await said("docker-compose run --rm -T -e A=1 api sh -c 'echo $A; cat /data/up' 2> /dev/null"),
        '1\nhidden',
      );
      assert.equal((await shell('docker-compose run --rm -T --no-deps db sh -c "exit 5"')).exitCode, 5);
      assert.equal(await said('docker ps -aq -f label=com.docker.compose.oneoff=True'), '');
    });

    test('cp copies into each container of a service, and out of one', async () => {
      await said('echo hi > f; docker-compose cp f api:/tmp/f; docker-compose cp api:/tmp/f back');
      assert.equal(await said('cat back; docker-compose exec -T api cat /tmp/f'), 'hi\nhi');
      assert.notEqual((await shell('docker-compose cp api:/nosuch .')).exitCode, 0);
    });

    test('logs are told by service, from the end, and followed', async () => {
      // 2.26 clears the line first, terminal or not.
      assert.match(await said('docker-compose logs web'), /web-1 +\| .*ready$/m);
      assert.match(await said('docker-compose logs --no-log-prefix --tail 1 web'), /(^|\[2K)ready$/);
      await said('docker-compose logs -f web > log 2>&1 & pid=$!; waitfor "grep -q ready log"; kill $pid');
    });

    test('watch copies what is written in the directory', async () => {
      await said(`
        docker-compose watch --no-up > watch.log 2>&1 & pid=$!
        n=0; until test "$(docker exec shop-api-1 cat /www/page 2> /dev/null)" = new; do
          n=$((n + 1)); test $n -lt 40 || { cat watch.log; exit 1; }
          echo new > www/page; sleep 0.5
        done
        kill -INT $pid; wait $pid || true`);
    });

    test('attach, wait and profiles: a service that is asked for by name', async () => {
      await said('docker-compose --profile tools up -d admin');
      const got = await said(`
        docker-compose --profile tools attach --no-stdin admin > attached 2>&1 & attached=$!
        waitfor "grep -q waiting attached"
        docker-compose --profile tools wait admin > waited 2>&1 & waited=$!
        docker-compose --profile tools exec -T admin touch /go
        wait $waited || echo "wait ends with $?"
        wait $attached || true
        grep done attached`);
      assert.deepEqual(got.split('\n'), ['wait ends with 6', 'done']);
      await said('docker-compose --profile tools rm -fsv admin');
    });

    test('pause, stop, start, restart, kill and rm, and what events told of it', async () => {
      const states = await said(`
        state() { docker-compose ps -a web --format "{{.State}} {{.ExitCode}}"; }
        docker-compose events --json > events 2> /dev/null & pid=$!
        waitfor "docker-compose pause web; docker-compose unpause web; test -s events"
        docker-compose pause web; state
        docker-compose unpause web; docker-compose stop web; state
        docker-compose start web; docker-compose restart web; state
        docker-compose kill -s URG web; docker-compose kill web; docker-compose rm -f web > /dev/null; state
        waitfor "grep -q destroy events"; kill $pid`);
      assert.deepEqual(states.split('\n'), ['paused 0', 'exited 137', 'running 0']);
      const events = (await said('cat events')).split('\n').map((line) => JSON.parse(line));
      const actions = events.filter(({ service }) => service === 'web').map(({ action }) => action);
      const told = ['pause', 'unpause', 'kill', 'die', 'stop', 'start', 'restart', 'destroy'];
      assert.deepEqual(
        told.filter((each) => !actions.includes(each)),
        [],
        actions.join(' '),
      );
    });

    test('scale, and up with replicas', async () => {
      await said('docker-compose up -d --scale db=3 --no-recreate db');
      assert.deepEqual(await sorted('docker-compose ps db --format "{{.Name}}"'), [
        ...['shop-db-1', 'shop-db-2', 'shop-db-3'],
      ]);
      // Each writes it anew when it starts.
      await said(`waitfor 'test "$(docker-compose exec -T --index 3 db cat /data/up)" = hidden'`);
      await said('docker-compose scale db=1');
      assert.deepEqual(await sorted('docker-compose ps db --format "{{.Name}}"'), ['shop-db-1']);
    });

    test('up in the foreground shows what the services write, and a signal ends them', async () => {
      const log = await said(`
        docker-compose up web > up.log 2>&1 & pid=$!
        waitfor "grep -q ready up.log"
        kill -INT $pid; wait $pid || true
        cat up.log`);
      assert.match(log, /web-1 +\| ready/);
      assert.deepEqual(await sorted('docker-compose ps -a --format "{{.Service}} {{.State}}"'), [
        ...['api running', 'db running', 'setup exited', 'web exited'],
      ]);
    });

    test('down removes what it made, and its volume only when it is asked', async () => {
      await said('docker-compose down');
      assert.equal(await said('docker ps -aq; docker network ls -q -f type=custom; docker volume ls -q'), 'shop_data');
      await said('docker-compose down -v --rmi local');
      assert.equal(await said('docker volume ls -q'), '');
    });
  });
}
