// An internet of a test's own: a network namespace with a name server and pages, and another one by which an engine reaches it.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { issueCertificates } from '../../runtime/access/certificates.ts';
import { testRun } from './instance.ts';
import { until } from './until.ts';

const program = path.join(path.dirname(fileURLToPath(import.meta.url)), 'internet-program.ts');
/** Of the link between the two. */
const [near, far] = ['198.18.5.1', '198.18.5.2'];

export interface Internet extends AsyncDisposable {
  /** The file of the network namespace by which it is reached. */
  readonly network: string;
  /** In PEM: who signed the pages’ certificate. */
  readonly authority: string;
  /** `ADDRESS PORT` of each connection to a page so far. */
  connections(): string[];
}

export interface Page {
  readonly type: string;
  readonly body: Buffer;
}

/**
 * `addresses` are all that answer, whatever they are; `names` are what its name server knows; `pages`, by their paths, are at every
 * address, where a path that is none of them is answered with what was asked.
 */
export async function startInternet(
  addresses: readonly string[],
  names: Readonly<Record<string, readonly string[]>>,
  pages: Readonly<Record<string, Page>> = {},
): Promise<Internet> {
  const own = `${testRun}-${process.pid.toString(36)}`;
  const [uplink, world] = [`${own}-uplink`, `${own}-world`];
  const ip = (...args: string[]): void => void execFileSync('ip', args);
  const settings = `/etc/netns/${uplink}`;
  let child: ChildProcess | null = null;
  const dispose = async (): Promise<void> => {
    child?.kill('SIGKILL');
    for (const name of [uplink, world]) if (fs.existsSync(`/run/netns/${name}`)) ip('netns', 'del', name);
    fs.rmSync(settings, { recursive: true, force: true });
  };
  try {
    for (const name of [uplink, world]) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    ip('-n', uplink, 'link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'in', 'netns', world);
    for (const [name, link, address] of [
      [uplink, 'out', near],
      [world, 'in', far],
    ] as const) {
      ip('-n', name, 'address', 'add', `${address}/30`, 'dev', link);
      ip('-n', name, 'link', 'set', link, 'up');
    }
    ip('-n', uplink, 'route', 'add', 'default', 'via', far);
    for (const address of addresses) ip('-n', world, 'address', 'add', `${address}/32`, 'dev', 'lo');
    fs.mkdirSync(settings, { recursive: true });
    fs.writeFileSync(`${settings}/resolv.conf`, `nameserver ${far}\n`);
    const { ca, serverCert, serverKey } = await issueCertificates(Object.keys(names));
    const told = JSON.stringify({
      names,
      pages: Object.fromEntries(
        Object.entries(pages).map(([url, { type, body }]) => [url, { type, base64: body.toString('base64') }]),
      ),
      cert: serverCert,
      key: serverKey,
    });
    const started = spawn('nsenter', [`--net=/run/netns/${world}`, process.execPath, program, told], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    let said = '';
    started.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until('the internet is there', () => /^ready$/m.test(said));
    return {
      network: `/run/netns/${uplink}`,
      authority: ca,
      connections: () => said.split('\n').filter((line) => / \d+$/.test(line)),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
