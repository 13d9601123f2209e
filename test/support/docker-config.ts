// A configuration of the docker command that is empty, but for the compose that the tests are about (bin/docker-client.mjs).

import fs from 'node:fs';
import path from 'node:path';
import { ownDockerFolder, pluginFolders } from '../../bin/programs.mjs';

/** The path of the machine's compose: the one that the tests installed comes first. Throws where there is none. */
export function composeProgram(): string {
  const files = [ownDockerFolder, ...pluginFolders].map((folder) => path.join(folder, 'docker-compose'));
  const found = files.find((file) => fs.existsSync(file));
  if (found === undefined) throw new Error('no compose here: `npm test` installs one');
  return found;
}

/** The path of a buildx that is newer than the workspace's, beside a dockerd; null where none is installed. */
export const currentBuildx: string | null =
  fs.globSync('/opt/dockerd*/usr/libexec/docker/cli-plugins/docker-buildx')[0] ?? null;

/** Makes it in the new directory `folder`. */
export function makeDockerConfig(folder: string): void {
  fs.mkdirSync(path.join(folder, 'cli-plugins'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'config.json'), '{}');
  fs.symlinkSync(composeProgram(), path.join(folder, 'cli-plugins/docker-compose'));
}
