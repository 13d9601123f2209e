// The system programs that Drydock runs: whether they are there, and versions with known faults.

import { programs } from '../../bin/programs.mjs';
import { tryProgram } from '../run-program.ts';
import type { Settings } from '../settings.ts';
import { type Finding, good, lacking, poor } from './finding.ts';

/** The first crun without CVE-2026-47766: an image whose /dev is a symlink made it create devices outside of the image. */
const mendedCrun = [1, 28] as const;

/** The name of what is found about the program that runs containers. */
export const runtimeFinding = 'OCI runtime';

const firstVersion = (text: string) => /\d+(?:\.\d+)+/.exec(text)?.[0] ?? '';

async function examineRuntime(settings: Settings): Promise<Finding> {
  const name = runtimeFinding;
  const candidates = settings.ociRuntime === null ? ['crun', 'runc'] : [settings.ociRuntime];
  for (const program of candidates) {
    const { exitCode, stdout } = await tryProgram(program, ['--version']);
    if (exitCode !== 0) continue;
    const version = firstVersion(stdout);
    const found = `${program} ${version}`;
    if (!/crun/.test(stdout.split('\n')[0] ?? '')) return good(name, found);
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > mendedCrun[0] || (major === mendedCrun[0] && minor >= mendedCrun[1])) return good(name, found);
    return poor(
      name,
      found,
      'It is older than 1.28, the first without CVE-2026-47766. The engine closes that hole by itself (it looks at /dev, /proc, /sys and /etc ' +
        'of every image first, and each host has its own users); a newer one can be named by DRYDOCK_OCI_RUNTIME.',
    );
  }
  return lacking(
    name,
    `no ${candidates.join(', no ')}`,
    'It runs the containers. npm start installs crun; or name one by DRYDOCK_OCI_RUNTIME.',
  );
}

async function examinePrograms(): Promise<Finding> {
  const name = 'programs';
  const others = programs.filter(({ program }) => program !== 'crun');
  const looked = await Promise.all(
    others.map(async (each) => ({ each, at: (await tryProgram('which', [each.program])).stdout.trim() })),
  );
  const missing = looked.filter(({ at }) => at === '').map(({ each }) => each);
  if (missing.length === 0) return good(name, others.map(({ program }) => program).join(', '));
  const list = missing.map(({ program, use }) => `${program} (${use})`).join(', ');
  const packages = [...new Set(missing.map((each) => each.package))].join(' ');
  return lacking(name, `missing: ${list}`, `npm start installs them; or: apt-get install ${packages}`);
}

async function examineConmon(): Promise<Finding> {
  const { exitCode, stdout } = await tryProgram('conmon', ['--version']);
  if (exitCode === 0) return good('conmon', firstVersion(stdout));
  return lacking('conmon', 'not installed', 'It keeps containers while the engine restarts. npm start installs it.');
}

export async function examineSystemPrograms(settings: Settings): Promise<Finding[]> {
  return Promise.all([examineRuntime(settings), examineConmon(), examinePrograms()]);
}
