// ADD of a repository, and contexts that are one. git works in a container as every step does, on the image of the workspace and in the
// workspace's network: what a repository says is a stranger's, and reaches nothing but the host.

import { PassThrough } from 'node:stream';
import type { ContainerHost } from '../../containers/container.ts';
import { EngineError } from '../../errors.ts';
import { maxFetchMs, maxGitSaidBytes } from '../../limits.ts';
import { inContainer, type Run } from '../execute/run-step.ts';
import type { Sent, SentFiles } from '../execute/sent-files.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { gitLogin, type SecretOf } from './git-login.ts';

export interface RepositoryWanted {
  readonly remote: string;
  /** A commit, tag or branch; empty for the default branch. */
  readonly ref: string;
  /** What the commit must begin with; empty for any. */
  readonly checksum: string;
  readonly subdirectory: string;
  readonly keepGitDir: boolean;
  readonly submodules: boolean;
}

export interface GitOptions {
  /** Told what git says. */
  readonly onSaid: (bytes: Uint8Array) => void;
  /** For a repository that not everybody may read. */
  readonly secretOf: SecretOf;
  readonly signal: AbortSignal;
}

interface Commit {
  readonly hash: string;
  /** What names it at the remote. */
  readonly ref: string;
}

/** How the script ends where the repository lacks the directory. */
const noDirectory = 97;
/** With $1, $2, … as its arguments. The commit that is wanted; a server may give it by itself, by its name, or only with all. */
const fetchScript = `set -e
umask 022
format=sha1
if [ \${#3} = 64 ]; then format=sha256; fi
git init -q -b master --object-format=$format /src
cd /src
git remote add origin "$1"
git fetch -q --depth=1 --no-tags origin "$2" 2>/tmp/said || git fetch -q --no-tags origin '+refs/*:refs/remotes/origin/*'
git checkout -q --detach "$3"
if [ "$6" = true ]; then git submodule update -q --init --recursive --depth=1; fi
cd "/src/$4" 2>/tmp/said || exit ${noDirectory}
if [ "$5" = true ]; then exec tar -cf - .; else exec tar --exclude=./.git -cf - .; fi
`;

/** By SHA-1 or SHA-256. */
const isCommit = (ref: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);

/** Its files, as they are at a commit, which are fetched once. Throws GrpcError, in BuildKit's words, and as `SentFiles` does. */
export async function gitFiles(
  host: ContainerHost,
  sentFiles: SentFiles,
  wanted: RepositoryWanted,
  { onSaid, secretOf, signal }: GitOptions,
): Promise<Sent> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(maxFetchMs)]);
  const { remote, ref, checksum, subdirectory, keepGitDir, submodules } = wanted;
  if (!/^(https?|git):\/\//i.test(remote))
    throw new GrpcError(
      codes.unimplemented,
      `${remote} is a repository by SSH, which builds do not fetch here: use https`,
    );
  if (!/^[0-9a-f]*$/i.test(checksum))
    throw new GrpcError(codes.unknown, `invalid checksum ${checksum} for Git URL, expected hex commit hash`);
  const git = new Git(host, remote, await gitLogin(remote, secretOf), onSaid, within);
  const commit = isCommit(ref) ? { hash: ref, ref } : await git.commitOf(ref);
  if (checksum !== '' && !commit.hash.startsWith(checksum))
    throw new EngineError('invalid', `expected checksum to match ${checksum}, got ${commit.hash}`);
  const key = `git ${JSON.stringify([remote, commit.hash, subdirectory, keepGitDir, submodules])}`;
  const known = await sentFiles.find(key);
  if (known) return known;
  const archive = new PassThrough();
  archive.on('error', () => undefined); // whoever reads it is told
  const args = [remote, commit.ref, commit.hash, subdirectory, String(keepGitDir), String(submodules)];
  const working = git.run('failed to fetch remote', ['/bin/sh', '-c', fetchScript, 'git', ...args], async (bytes) => {
    if (!archive.write(Buffer.from(bytes)))
      await new Promise<void>((resolve) => archive.once('drain', resolve).once('close', resolve));
  });
  working.then(
    () => archive.end(),
    (error: Error) => archive.destroy(error),
  );
  try {
    return await sentFiles.receiveTar(archive, within, key);
  } catch (error) {
    if (!(error instanceof GitFailure) || error.exitCode !== noDirectory) throw error;
    const shown = JSON.stringify(subdirectory.replace(/^\/+/, ''));
    throw new EngineError(
      'invalid',
      `invalid subdir /${subdirectory.replace(/^\/+/, '')}: failed to lstat ${shown}: no such file or directory`,
    );
  } finally {
    archive.destroy();
    await working.catch(() => undefined);
  }
}

class GitFailure extends GrpcError {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(codes.unknown, message);
    this.exitCode = exitCode;
  }
}

/** git in containers of a host, for one remote. */
class Git {
  readonly #host: ContainerHost;
  readonly #remote: string;
  readonly #login: readonly string[];
  readonly #onSaid: (bytes: Uint8Array) => void;
  readonly #signal: AbortSignal;

  constructor(
    host: ContainerHost,
    remote: string,
    login: readonly string[],
    onSaid: (bytes: Uint8Array) => void,
    signal: AbortSignal,
  ) {
    this.#host = host;
    this.#remote = remote;
    this.#login = login;
    this.#onSaid = onSaid;
    this.#signal = signal;
  }

  /** As git-checkout(1) finds it: a branch before a tag, and what an annotated tag names. Empty is the default branch. */
  async commitOf(ref: string): Promise<Commit> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const asked = ref === '' ? ['HEAD'] : [ref, `${ref}^{}`];
    const what = ref === '' ? 'error fetching default branch for repository' : 'failed to fetch remote';
    await this.run(what, ['git', 'ls-remote', '--', this.#remote, ...asked], (piece) => {
      this.#onSaid(piece);
      bytes += piece.length;
      if (bytes <= maxGitSaidBytes) pieces.push(Buffer.from(piece));
    });
    const text = Buffer.concat(pieces).toString();
    const found = new Map(
      text.split('\n').flatMap((line) => {
        const [hash = '', name = ''] = line.split('\t');
        return isCommit(hash) ? [[name, hash] as const] : [];
      }),
    );
    const plain = ref.replace(/^refs\//, '');
    const head = `refs/heads/${ref.replace(/^refs\/heads\//, '')}`;
    const tag = `refs/tags/${ref.replace(/^refs\/tags\//, '')}`;
    const names = ref === '' ? ['HEAD'] : [`refs/${plain}`, head, tag];
    for (const name of names) {
      const hash = found.get(`${name}^{}`) ?? found.get(name);
      if (hash !== undefined) return { hash, ref: name };
    }
    const said = JSON.stringify(text.slice(0, 1000));
    throw new GrpcError(codes.unknown, `repository does not contain ref ${ref || 'HEAD'}, output: ${said}`);
  }

  /** Throws GitFailure where it fails: `what`, and what git says. */
  async run(
    what: string,
    args: readonly string[],
    onOutput: (bytes: Uint8Array) => void | Promise<void>,
  ): Promise<void> {
    let said = Buffer.alloc(0);
    const run: Run = {
      args,
      env: this.#env(),
      cwd: '/',
      user: '',
      network: 'host',
      mounts: [],
      settings: {},
      writesNames: false,
      secretEnv: this.#login,
    };
    const take = (stream: 1 | 2, bytes: Uint8Array): void | Promise<void> => {
      if (stream === 1) return onOutput(bytes);
      this.#onSaid(bytes);
      said = Buffer.concat([said, bytes]).subarray(-maxGitSaidBytes);
    };
    const image = await this.#host.engine.images.workspace();
    await inContainer(this.#host, image, run, take, this.#signal, async (_container, exitCode) => {
      if (exitCode === 0) return;
      throw new GitFailure(
        `${what} ${this.#remote}: git stderr:\n${said.toString()}: exit status ${exitCode}`,
        exitCode,
      );
    });
  }

  #env(): string[] {
    const { proxy } = this.#host.images.builds.reach();
    const address = proxy && `http://${proxy.address}:${proxy.port}`;
    const near = 'localhost,127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16';
    return [
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...['HOME=/tmp', 'LC_ALL=C.UTF-8', 'GIT_TERMINAL_PROMPT=0', 'GIT_CONFIG_NOSYSTEM=1'],
      'GIT_ALLOW_PROTOCOL=http:https:git',
      ...(address ? [`http_proxy=${address}`, `https_proxy=${address}`, `no_proxy=${near}`] : []),
    ];
  }
}
