// Root file systems out of Debian packages, by mmdebstrap.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { EngineError } from '../errors.ts';

export interface DebianOptions {
  readonly suite: string;
  /** Keeps the packages' manual pages, in English. */
  readonly manuals: boolean;
  /** An empty directory. */
  readonly root: string;
  readonly signal: AbortSignal;
  /** Told in words what is being done. */
  readonly onStep: (step: string) => void;
}

/** What nobody reads in a container. Debian's own slim images leave out the same. */
const leftOut = ['doc', 'man', 'info', 'locale', 'lintian', 'bug'];
/** The lists of packages that it has fetched are for whoever asked. */
const notRemoved = 'cleanup/apt/lists';
/** How much of a failed program's last words an error quotes. */
const maxLastLines = 12;
/** The only parts of the engine's environment that reach the programs: how to reach package mirrors. */
const proxyVariables = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

/**
 * Installs the smallest Debian that apt works in, with the machine's own apt set-up (proxies, keys), from Debian's archive. Leaves
 * the lists of packages in `/var/lib/apt/lists`. Throws unavailable with apt's last words where it cannot.
 */
export async function installDebian(options: DebianOptions): Promise<void> {
  const argv = ['--mode=root', '--format=directory', '--verbose', `--skip=${notRemoved}`];
  argv.push('--variant=minbase', '--dpkgopt=force-unsafe-io', '--aptopt=Acquire::Languages "none"');
  for (const directory of leftOut) argv.push(`--dpkgopt=path-exclude=/usr/share/${directory}/*`);
  // dpkg(1): the last pattern that matches a path decides. Other languages' pages are in folders such as man/de.
  if (options.manuals) argv.push('--dpkgopt=path-include=/usr/share/man/man[1-9]/*');
  argv.push(options.suite, options.root);
  await runProgram('mmdebstrap', argv, options.signal, (line) => {
    const step = /^I: ([a-z][^:]*?)\.\.\.$/.exec(line)?.[1];
    if (step) options.onStep(step);
  });
}

/**
 * Before every program: it dies with the engine, and with it all that it started and mounted, for the namespaces are theirs.
 * So a build that is cut short leaves files only. Propagation stays as it is: the engine's mounts are private already, and
 * in a chroot, whose root is no mount, it cannot be changed.
 */
const contained = [
  ...['setpriv', '--pdeathsig', 'KILL'],
  ...['unshare', '--mount', '--propagation', 'unchanged', '--pid', '--fork', '--kill-child', '--mount-proc'],
];

async function runProgram(
  program: string,
  argv: readonly string[],
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  signal.throwIfAborted();
  const env: Record<string, string> = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', HOME: '/root' };
  for (const name of proxyVariables) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  const [first = '', ...rest] = [...contained, program, ...argv];
  const child = spawn(first, rest, { env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop);
  const last: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    onLine(line);
    last.push(line);
    if (last.length > maxLastLines) last.shift();
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    signal.throwIfAborted();
    if (code === 0) return;
    const errors = last.filter((line) => line.startsWith('E: ') && !line.includes('mmdebstrap failed to run'));
    const why = (errors.length > 0 ? errors : last).join(' / ');
    throw new EngineError('unavailable', `${program} ended with ${code}: ${why}`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
