// `--init`: a first process that passes signals on and collects what its children leave. It is the catatonit of the workspace's
// image, which is there in every host, under the name that Docker gives its own.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';

const inContainer = '/sbin/docker-init';
const inWorkspace = 'usr/bin/catatonit';

/** What a container runs instead of `argv`. */
export const withInit = (argv: readonly string[]): readonly string[] => [inContainer, '--', ...argv];

/**
 * What is bound into the container, from where the layers are mounted for this start: read-only, and with the host's IDs. Throws
 * unavailable where the workspace has no such program.
 */
export function initFile({ host }: Container): { destination: string; source: string; readonly: boolean } {
  const { stage, images } = host.engine;
  const has = (layer: string): boolean => {
    const file = fs.lstatSync(`${images.layersDirectory}/${layer}/${inWorkspace}`, { throwIfNoEntry: false });
    return file?.isFile() ?? false;
  };
  const layer = (host.record.workspaceLayers ?? []).findLast(has);
  if (layer === undefined)
    throw new EngineError('unavailable', `--init needs ${inWorkspace} in the workspace of this host; leave --init out`);
  return { destination: inContainer, source: `${stage.layers}/${layer}/${inWorkspace}`, readonly: true };
}
