// The docker commands that ask the corpus: a current one with its compose and buildx, or those of the workspace (26.1, buildx 0.13,
// compose 2.26), taken out of its image, so that they can ask a real dockerd the same as an engine of ours.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { currentBuildx, makeDockerConfig } from '../support/docker-config.ts';

export type Generation = 'current' | 'workspace';

/** What a case's environment has of a docker command. */
export interface Clients {
  readonly PATH: string;
  readonly DOCKER_CONFIG: string;
}

/** Where the catalogue's images are kept, as test/support/instance.ts has it. */
const cache = '/var/cache/drydock';
const wanted = ['usr/bin/docker', 'usr/libexec/docker/cli-plugins'];

/** The compressed layers of the workspace's image. Throws where it was not built yet. */
function workspaceLayers(): string[] {
  const [index] = fs.globSync(`${cache}/workspace-*/index.json`);
  if (index === undefined) throw new Error(`there is no workspace in ${cache}: \`npm start\` builds it`);
  const blob = (digest: string): string => path.join(path.dirname(index), 'blobs', digest.replace(':', '/'));
  const parsed = (file: string) => JSON.parse(fs.readFileSync(file, 'utf8'));
  const { layers } = parsed(blob(parsed(index).manifests[0].digest)) as { layers: { digest: string }[] };
  return layers.map(({ digest }) => blob(digest));
}

/** Unpacks them into the new directory `folder`. */
async function unpackWorkspace(folder: string): Promise<void> {
  fs.mkdirSync(folder);
  for (const layer of workspaceLayers()) {
    // Names that a layer does not have are an error of tar's: the last check tells.
    const tar = spawn('tar', ['-x', '-C', folder, '--no-same-owner', ...wanted], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const closed = once(tar, 'close');
    // It may have found all before the end.
    await pipeline(fs.createReadStream(layer), zlib.createZstdDecompress(), tar.stdin).catch(() => undefined);
    await closed;
  }
  for (const name of wanted)
    if (!fs.existsSync(path.join(folder, name))) throw new Error(`the workspace has no ${name}`);
}

/** Whether a file's cases can be asked here: a current docker without buildx builds nothing. */
export const canBuild = (generation: Generation): boolean => generation === 'workspace' || currentBuildx !== null;

/** Makes those of a generation in the new directory `folder`. */
export async function makeClients(generation: Generation, folder: string): Promise<Clients> {
  fs.mkdirSync(folder);
  const config = path.join(folder, 'config');
  const { PATH = '' } = process.env;
  if (generation === 'current') {
    makeDockerConfig(config);
    if (currentBuildx === null) return { PATH, DOCKER_CONFIG: config };
    fs.symlinkSync(currentBuildx, path.join(config, 'cli-plugins/docker-buildx'));
    // The docker command of the same release.
    return { PATH: `${currentBuildx.replace(/libexec\/.*/, 'bin')}:${PATH}`, DOCKER_CONFIG: config };
  }
  const root = path.join(folder, 'root');
  await unpackWorkspace(root);
  fs.mkdirSync(config);
  fs.writeFileSync(path.join(config, 'config.json'), '{}');
  fs.symlinkSync(path.join(root, 'usr/libexec/docker/cli-plugins'), path.join(config, 'cli-plugins'));
  return { PATH: `${root}/usr/bin:${PATH}`, DOCKER_CONFIG: config };
}
