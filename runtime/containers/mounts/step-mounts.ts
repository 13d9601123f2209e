// What `RUN --mount` mounts for a step of a build: known in memory alone, for a step does not outlive the engine.

import fs from 'node:fs';
import { EngineError, type Missing } from '../../errors.ts';
import { openInRoot } from '../../kernel/beneath.ts';
import { SystemCallError } from '../../kernel/libc.ts';
import { mountFileTmpfs } from '../../kernel/mounts.ts';
import { attachTree, cloneTree, limitTree } from '../../kernel/trees.ts';
import type { SpecMount } from '../../oci/spec.ts';
import { createOwnLayer, mountImage, mountUnderOwn, placeIn } from '../../processes/rootfs.ts';
import type { Container } from '../container.ts';
import type { StepMount } from './step-mount.ts';

/** As `stageMounts`; `first`: the number of the first place that is free. */
export function stageStepMounts(container: Container, first: number): SpecMount[] {
  return container.stepMounts.map((mount, index): SpecMount => {
    const { destination } = mount;
    if (mount.kind === 'tmpfs')
      return { destination, type: 'tmpfs', source: 'tmpfs', options: mount.options.split(','), isPart: false };
    const source = stage(container, mount, first + 2 * index);
    return { destination, type: 'bind', source, options: ['rbind', 'rprivate'], isPart: false };
  });
}

/** Two places are the mount's: what a part is taken of, and the part. */
function stage(container: Container, mount: Exclude<StepMount, { kind: 'tmpfs' }>, index: number): string {
  const { stage } = container.host.engine;
  switch (mount.kind) {
    case 'secret':
      return stageSecret(container, mount, index);
    case 'socket':
      return attachPart(container, fs.openSync(mount.path, O_PATH), index, false);
    case 'directory': {
      const root = fs.openSync(mount.path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
      const none = { message: `open ${mount.source}: no such file or directory`, missing: 'part of a cache' } as const;
      return attachPart(container, part(root, mount, none), index, mount.readOnly);
    }
    case 'layers': {
      const whole = placeIn(stage, index, true);
      if (mount.readOnly) mountImage({ layers: mount.layers, stage }, whole);
      else {
        const directory = `${container.directory}/mount${index}`;
        createOwnLayer(directory, container.host.record.uidBase);
        mountUnderOwn({ layers: mount.layers, stage, directory }, whole);
      }
      const root = fs.openSync(whole, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
      const none = { message: `failed to calculate checksum of ref: ${JSON.stringify(mount.source)}: not found` };
      return attachPart(container, part(root, mount, none), index + 1, mount.readOnly);
    }
  }
}

/** Said where there is none, in BuildKit's words. */
interface None {
  readonly message: string;
  readonly missing?: Missing;
}

/** asm-generic/fcntl.h; Node has no name for it. */
const O_PATH = 0o10000000;

/** An O_PATH descriptor of `source` below `root`, which is closed: a link leads nowhere else. Throws notFound as `none` says. */
function part(root: number, { source }: { readonly source: string }, none: None): number {
  try {
    return openInRoot(root, source);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    throw new EngineError('notFound', none.message, { cause: error, ...(none.missing && { missing: none.missing }) });
  } finally {
    fs.closeSync(root);
  }
}

/** Mounts what the descriptor means on a place of its kind; closes it. */
function attachPart({ host }: Container, fd: number, index: number, readOnly: boolean): string {
  try {
    const place = placeIn(host.engine.stage, index, fs.fstatSync(fd).isDirectory());
    const tree = cloneTree(fd, { recursive: false });
    try {
      limitTree(tree, { readOnly: readOnly ? 'all' : 'no', noDevices: true });
      attachTree(tree, place);
    } finally {
      fs.closeSync(tree);
    }
    return place;
  } finally {
    fs.closeSync(fd);
  }
}

function stageSecret(container: Container, secret: Extract<StepMount, { kind: 'secret' }>, index: number): string {
  const { host } = container;
  const whole = placeIn(host.engine.stage, index, true);
  mountFileTmpfs(whole, `size=${secret.content.length + 8192},mode=0755`, { noExec: true });
  const file = `${whole}/secret`;
  fs.writeFileSync(file, secret.content, { mode: 0o600 });
  fs.chownSync(file, host.record.uidBase + secret.uid, host.record.uidBase + secret.gid);
  fs.chmodSync(file, secret.mode);
  return attachPart(container, fs.openSync(file, O_PATH), index + 1, true);
}
