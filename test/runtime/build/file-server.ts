// What builds fetch: files by HTTP and a repository by git's own protocol, served in a network namespace that a test has.

import { execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const port = 8099;

/** Answers with the files of its folder; `/moved/X` leads to X, `/cut` breaks off, and what it was asked goes to the file `asked`. */
const program = `
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
const folder = process.argv[1];
const mayRead = 'basic ' + Buffer.from('x-access-token:of-the-client').toString('base64');

/** As a program of a web server's (CGI), for whoever has the token. */
function repository(request, response, pathname) {
  if (request.headers.authorization?.replace(/^Basic/, 'basic') !== mayRead)
    return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="files"' }).end('who is there?');
  const env = {
    ...process.env,
    ...{ GIT_PROJECT_ROOT: folder + '/files', GIT_HTTP_EXPORT_ALL: '1', PATH_INFO: pathname, REQUEST_METHOD: request.method },
    ...{ QUERY_STRING: new URL(request.url, 'http://localhost').search.slice(1), CONTENT_TYPE: request.headers['content-type'] ?? '' },
    ...{ HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '', GIT_PROTOCOL: request.headers['git-protocol'] ?? '' },
  };
  const git = spawn('git', ['-c', 'safe.directory=*', 'http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  git.stdin.on('error', () => undefined);
  request.pipe(git.stdin);
  git.stdout.toArray().then((pieces) => {
    const said = Buffer.concat(pieces);
    const end = said.indexOf('\\r\\n\\r\\n');
    const headers = said.subarray(0, end).toString().split('\\r\\n').map((line) => line.split(': '));
    const status = Number(headers.find(([name]) => name === 'Status')?.[1].slice(0, 3) ?? 200);
    response.writeHead(status, headers.filter(([name]) => name !== 'Status').flat()).end(said.subarray(end + 4));
  });
}

http.createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const { 'if-none-match': known = '' } = request.headers;
  fs.appendFileSync(folder + '/asked', request.method + ' ' + request.url + (known ? ' unless ' + known : '') + '\\n');
  if (pathname.startsWith('/private.git/')) repository(request, response, pathname);
  else if (pathname.startsWith('/moved/')) response.writeHead(302, { Location: pathname.slice('/moved'.length) }).end();
  else if (pathname === '/loop') response.writeHead(302, { Location: '/loop' }).end();
  else if (pathname === '/broken') response.writeHead(500).end('it is broken');
  else if (pathname === '/cut') response.writeHead(200, { 'Content-Length': 1000 }).write('a part', () => response.destroy());
  else {
    const file = folder + '/files' + pathname;
    if (pathname !== '/' && !fs.existsSync(file)) return void response.writeHead(404).end('there is no such file');
    const body = pathname === '/' ? 'nothing has a name\\n' : fs.readFileSync(file);
    const tag = '"' + body.length + '"';
    if (known === tag) return void response.writeHead(304, { ETag: tag }).end();
    const isDated = !pathname.includes('undated');
    response.writeHead(200, { ETag: tag, ...(isDated && { 'Last-Modified': 'Wed, 21 Oct 2015 07:28:00 GMT' }) });
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}).listen(${port}, '127.0.0.1', () => console.log('listening'));
`;

export class FileServer implements AsyncDisposable {
  readonly url = `http://127.0.0.1:${port}`;
  readonly repository = 'git://127.0.0.1/app.git';
  /** With the file `own` and, as its submodule `part`, the other one. */
  readonly wholeRepository = 'git://127.0.0.1/whole.git';
  /** Whose commits have names of SHA-256, with the file `own`. */
  readonly longRepository = 'git://127.0.0.1/long.git';
  /** By HTTP, for whoever has the token `of-the-client`; as `repository`. */
  readonly privateRepository = `${this.url}/private.git`;
  readonly folder: string;
  readonly #owned = new AsyncDisposableStack();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** `network`: the path of the namespace. It has the branches `main` and `dev`, and the tags `v1` and `v2`, which is annotated. */
  static async start(network: string): Promise<FileServer> {
    const server = new FileServer(await mkdtemp(path.join(os.tmpdir(), 'served-')));
    const { folder } = server;
    server.#owned.defer(() => rm(folder, { recursive: true, force: true }));
    fs.mkdirSync(`${folder}/files`);
    fs.writeFileSync(`${folder}/asked`, '');
    makeRepository(`${folder}/app.git`);
    makeWhole(`${folder}/whole.git`, server.commitOf('main'), server.repository);
    makeLong(`${folder}/long.git`);
    makePrivate(`${folder}/app.git`, `${folder}/files/private.git`);
    const inside = [`--net=${network}`];
    await server.#spawn(
      'nsenter',
      [...inside, process.execPath, '--input-type=module', '-e', program, folder],
      'listening',
    );
    const daemon = [
      'daemon',
      '--verbose',
      '--reuseaddr',
      '--export-all',
      '--listen=127.0.0.1',
      `--base-path=${folder}`,
    ];
    await server.#spawn('nsenter', [...inside, 'git', ...daemon], 'Ready to rumble');
    return server;
  }

  async #spawn(command: string, args: readonly string[], ready: string): Promise<void> {
    const options: SpawnOptions = { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } };
    const child = spawn(command, args, options);
    const exited = once(child, 'exit');
    // git's daemon has a child of its own for each connection, which ends with it.
    this.#owned.defer(async () => {
      child.kill();
      await exited;
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => {
        said += bytes.toString();
        if (said.includes(ready)) resolve();
      });
    await Promise.race([promise, exited.then(() => Promise.reject(new Error(`${command} has ended: ${said}`)))]);
  }

  file(name: string, content: string | Buffer): void {
    fs.writeFileSync(`${this.folder}/files/${name}`, content);
  }

  /** What the server of files was asked since the last time. */
  asked(): string[] {
    const lines = fs.readFileSync(`${this.folder}/asked`, 'utf8').split('\n').filter(Boolean);
    fs.writeFileSync(`${this.folder}/asked`, '');
    return lines;
  }

  commitOf(name: string, repository = 'app.git'): string {
    return execFileSync('git', ['-C', `${this.folder}/${repository}`, 'rev-parse', `${name}^{commit}`], {
      encoding: 'utf8',
    }).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

const gitIn =
  (folder: string) =>
  (...args: string[]): void => {
    const own = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'core.excludesFile='];
    execFileSync('git', ['-C', folder, ...own, ...args], { stdio: 'pipe' });
  };

function makeWhole(folder: string, commit: string, url: string): void {
  const git = gitIn(folder);
  fs.mkdirSync(folder);
  git('init', '-q', '-b', 'main');
  fs.writeFileSync(`${folder}/own`, 'of the whole\n');
  fs.writeFileSync(`${folder}/Dockerfile`, 'FROM busybox\nCOPY . /g\nRUN cat /g/own /g/part/sub/page\n');
  fs.writeFileSync(`${folder}/.gitmodules`, `[submodule "part"]\n\tpath = part\n\turl = ${url}\n`);
  git('add', '.');
  git('update-index', '--add', '--cacheinfo', `160000,${commit},part`);
  git('commit', '-q', '-m', 'one');
}

function makePrivate(from: string, folder: string): void {
  execFileSync('git', ['clone', '-q', '--bare', from, folder], { stdio: 'pipe' });
}

function makeLong(folder: string): void {
  const git = gitIn(folder);
  fs.mkdirSync(folder);
  git('init', '-q', '-b', 'main', '--object-format=sha256');
  fs.writeFileSync(`${folder}/own`, 'of the long one\n');
  fs.writeFileSync(`${folder}/Dockerfile`, 'FROM busybox\nCOPY own /own\nRUN cat /own\n');
  git('add', '.');
  git('commit', '-q', '-m', 'one');
  git('tag', 'v1');
}

function makeRepository(folder: string): void {
  const git = gitIn(folder);
  fs.mkdirSync(`${folder}/sub`, { recursive: true });
  fs.writeFileSync(
    `${folder}/Dockerfile`,
    'FROM busybox\nCOPY . /all\nRUN cd /all && find . -not -path "./.git/*" | sort\n',
  );
  fs.writeFileSync(`${folder}/.dockerignore`, 'sub\n');
  fs.writeFileSync(`${folder}/sub/Dockerfile`, 'FROM busybox\nCOPY page /\nRUN cat /page\n');
  fs.writeFileSync(`${folder}/sub/page`, 'a page\n', { mode: 0o755 });
  fs.symlinkSync('page', `${folder}/sub/link`);
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'one');
  git('tag', 'v1');
  git('tag', '-a', '-m', 'two', 'v2');
  git('checkout', '-q', '-b', 'dev');
  fs.writeFileSync(`${folder}/dev`, 'of dev\n');
  git('add', '.');
  git('commit', '-q', '-m', 'two');
  git('checkout', '-q', 'main');
}
