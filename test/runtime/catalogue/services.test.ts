// The catalogue's services start as the images of the same names on Docker Hub do: variables, ports, volumes, users, refusals. Lessons 8
// and 9 start most of them too, so `npm run soak` has the rest of these.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { inSoak } from '../../support/soak.ts';
import { until } from '../../support/until.ts';

const host = 'services';
let engine: TestEngine;

beforeAll(async () => {
  engine = await startEngine({ catalogue: 'all' });
  await engine.client.createHost(host);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

const docker = (...args: string[]) => engine.docker(host, ...args);

/** `A=1` and more, as `docker run` takes them. */
const variables = (all: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(all).flatMap(([name, value]) => ['-e', `${name}=${value}`]);

/** What a command that must succeed printed, without the last newline. */
async function ok(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await docker(...args);
  assert.equal(exitCode, 0, `docker ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout.replace(/\n$/, '');
}

/** In the workspace, as a student would. */
const shell = (line: string) => engine.client.run(host, { argv: ['sh', '-c', line], timeoutMs: 30_000 });

const answers = async (address: string): Promise<string> => {
  let page = '';
  await until(`${address} answers`, async () => {
    const { exitCode, stdout } = await shell(`curl -sS --max-time 5 ${address}`);
    page = stdout;
    return exitCode === 0;
  });
  return page;
};

const ready = (container: string) =>
  until(`${container} is ready`, async () => {
    const { exitCode } = await docker('exec', container, 'pg_isready', '-h', '127.0.0.1');
    return exitCode === 0;
  });

/** Ends a container as `docker stop` does, and gives its exit code. */
async function stopped(container: string): Promise<string> {
  await ok('stop', '-t', '20', container);
  return await ok('inspect', '--format', '{{.State.ExitCode}}', container);
}

test('postgres without a password says what Docker Hub’s says, and ends with 1', async () => {
  const { exitCode, stderr } = await docker('run', '--rm', 'postgres');
  assert.equal(exitCode, 1);
  assert.match(
    stderr,
    /\nError: Database is uninitialized and superuser password is not specified\.\n {7}You must specify POSTGRES_PASSWORD to a non-empty value for the\n/,
  );
  assert.equal(await ok('volume', 'ls', '-q'), '');
});

inSoak('postgres makes the database that its variables name, runs the scripts, and wants the password', async () => {
  const made = await shell(
    'mkdir -p /home/student/first && cd /home/student/first && printf "CREATE TABLE stock (item text);\\n" > 1.sql && ' +
      'printf "psql -U shop -d goods -c \\"INSERT INTO stock VALUES (\'tea\')\\"\\n" > 2.sh',
  );
  assert.equal(made.exitCode, 0, made.stderr);
  const asked = variables({ POSTGRES_PASSWORD: 'secret', POSTGRES_USER: 'shop', POSTGRES_DB: 'goods' });
  const scripts = ['-v', '/home/student/first:/docker-entrypoint-initdb.d:ro'];
  await ok('run', '-d', '--name', 'db', ...asked, '-v', 'pgdata:/var/lib/postgresql/data', ...scripts, 'postgres');
  await ready('db');
  const address = await ok('inspect', '--format', '{{.NetworkSettings.IPAddress}}', 'db');
  const query = ['psql', '-h', address, '-U', 'shop', '-d', 'goods', '-Atc', 'SELECT item FROM stock'];
  const ask = (PGPASSWORD: string) => docker('run', '--rm', ...variables({ PGPASSWORD }), 'postgres', ...query);
  assert.equal((await ask('secret')).stdout, 'tea\n');
  assert.match((await ask('wrong')).stderr, /password authentication failed for user "shop"/);
  assert.equal(await ok('exec', 'db', 'sh', '-c', 'ps -o user= -p 1 2>/dev/null || stat -c %U /proc/1'), 'postgres');
  assert.match((await docker('logs', 'db')).stdout, /PostgreSQL init process complete; ready for start up\./);
  assert.equal(await stopped('db'), '0');
});

inSoak('postgres finds the data of its volume again, and asks for no password then', async () => {
  await ok('rm', 'db');
  await ok('run', '-d', '--name', 'db', '-v', 'pgdata:/var/lib/postgresql/data', 'postgres');
  await ready('db');
  assert.equal(await ok('exec', 'db', 'psql', '-U', 'shop', '-d', 'goods', '-Atc', 'SELECT item FROM stock'), 'tea');
  await ok('rm', '-f', 'db');
});

inSoak('postgres without -v keeps its data in a volume without a name, and reads a password from a file', async () => {
  await shell('printf secret > /home/student/password');
  const fromFile = variables({ POSTGRES_PASSWORD_FILE: '/run/password' });
  await ok('run', '-d', '--name', 'db', ...fromFile, '-v', '/home/student/password:/run/password:ro', 'postgres');
  await ready('db');
  const mounts = await ok('inspect', '--format', '{{range .Mounts}}{{.Type}} {{.Destination}} {{end}}', 'db');
  assert.match(mounts, /volume \/var\/lib\/postgresql\/data/);
  const both = await docker('run', '--rm', ...fromFile, ...variables({ POSTGRES_PASSWORD: 'a' }), 'postgres');
  assert.match(both.stderr, /error: both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set/);
  await ok('rm', '-f', '-v', 'db');
  assert.equal(await ok('volume', 'ls', '-q'), 'pgdata');
});

inSoak('adminer asks for PostgreSQL on db, and shows its tables to who has the password', async () => {
  await ok('network', 'create', 'shop');
  await ok('run', '-d', '--name', 'db', '--network', 'shop', '-e', 'POSTGRES_PASSWORD=secret', 'postgres');
  await ok('run', '-d', '--name', 'page', '--network', 'shop', '-p', '8081:8080', 'adminer');
  const form = await answers('localhost:8081/');
  assert.match(form, /<option value="pgsql" selected/);
  assert.match(form, /name="auth\[server\]" value="db"/);
  await ready('db');
  await ok('exec', 'db', 'psql', '-U', 'postgres', '-c', 'CREATE TABLE teapots (id int)');
  const login = ['driver=pgsql', 'server=db', 'username=postgres', 'password=secret', 'db=postgres']
    .map((pair) => `--data-urlencode 'auth[${pair.replace('=', ']=')}'`)
    .join(' ');
  const { stdout } = await shell(`curl -sS -L -c /tmp/jar -b /tmp/jar ${login} localhost:8081/`);
  assert.match(stdout, /teapots/);
  assert.equal(await ok('exec', 'page', 'id', '-un'), 'adminer');
  assert.equal(await stopped('page'), '0');
  await ok('rm', '-f', '-v', 'db', 'page');
});

inSoak('httpd serves its page on port 80, logs visits, and ends in order', async () => {
  await ok('run', '-d', '--name', 'web', '-p', '8082:80', 'httpd');
  assert.equal(await answers('localhost:8082/'), '<html><body><h1>It works!</h1></body></html>\n');
  await ok('exec', 'web', 'sh', '-c', 'echo tea > /usr/local/apache2/htdocs/tea.txt');
  assert.equal(await answers('localhost:8082/tea.txt'), 'tea\n');
  assert.match((await docker('logs', 'web')).stdout, /"GET \/tea\.txt HTTP\/1\.1" 200 4\n/);
  assert.equal(await stopped('web'), '0');
  await ok('start', 'web');
  await answers('localhost:8082/');
  await ok('rm', '-f', 'web');
});

test('node runs what it is given: options, a file, or another program', async () => {
  assert.equal(await ok('run', '--rm', 'node', '-p', 'process.versions.node === process.env["NODE_VERSION"]'), 'true');
  await shell('echo "console.log(6 * 7)" > /home/student/sum.js');
  const run = ['run', '--rm', '-v', '/home/student:/app:ro', '-w', '/app'];
  assert.equal(await ok(...run, 'node', 'sum.js'), '42');
  assert.equal(await ok(...run, '--user', 'node', 'node', 'id', '-u'), '1000');
});

inSoak('python has its library, pip, and a web server of one line', async () => {
  const says = 'import os, platform, sqlite3, ssl; print(platform.python_version() == os.environ["PYTHON_VERSION"])';
  assert.equal(await ok('run', '--rm', 'python', 'python', '-c', says), 'True');
  assert.match(await ok('run', '--rm', 'python:3', 'pip', '--version'), /^pip \d+/);
  await ok('run', '-d', '--name', 'files', '-p', '8083:8000', 'python', 'python', '-m', 'http.server');
  assert.match(await answers('localhost:8083/'), /Directory listing for \//);
  await ok('rm', '-f', 'files');
});
