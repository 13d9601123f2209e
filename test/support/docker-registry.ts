// Debian's docker-registry as a process of the test's own, on a free port, where the machine has it.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type UnpackedProgram, unpacked } from './unpacked.ts';
import { until } from './until.ts';

export const dockerRegistry: UnpackedProgram | null = unpacked('docker-registry');

export interface DockerRegistry extends AsyncDisposable {
  readonly domain: string;
}

/** Keeps what it is asked for of another registry, which it asks as `username` where there is one. */
export interface Mirrored {
  readonly remoteurl: string;
  readonly username?: string;
  readonly password?: string;
}

/** Who alone is let in. */
export interface RegistryLogin {
  readonly user: string;
  readonly password: string;
  /** Of the password: the one hash that docker-registry takes. */
  readonly bcrypt: string;
}

/** With an empty store, which goes with it. */
export async function startDockerRegistry(
  { file, env }: UnpackedProgram,
  proxy: Mirrored | null = null,
  login: RegistryLogin | null = null,
): Promise<DockerRegistry> {
  const folder = path.join(os.tmpdir(), `drydock-docker-registry-${randomUUID()}`);
  fs.mkdirSync(folder);
  const settings = {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: `${folder}/store` }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0' },
    ...(proxy && { proxy }),
    ...(login && { auth: { htpasswd: { realm: 'registry', path: `${folder}/htpasswd` } } }),
  };
  if (login) fs.writeFileSync(`${folder}/htpasswd`, `${login.user}:${login.bcrypt}\n`);
  fs.writeFileSync(`${folder}/config.yml`, JSON.stringify(settings));
  const child = spawn(file, ['serve', `${folder}/config.yml`], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    if (said.length < 65_536) said += piece;
  });
  const domain = (): string | undefined => /listening on (127\.0\.0\.1:\d+)/.exec(said)?.[1];
  await until('docker-registry listens', () => domain() !== undefined);
  return {
    domain: domain() ?? '',
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
