// `--ipc host` and `--ipc container:X`: who joins an IPC namespace shares what is at /dev/shm too.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { insideMountsOf } from '../kernel/namespaces.ts';
import type { KnownProcess } from '../kernel/processes.ts';
import { attachTree, cloneTree, limitTree } from '../kernel/trees.ts';
import { isPlain, View } from '../kernel/view.ts';
import type { SpecMount } from '../oci/spec.ts';
import type { Container } from './container.ts';
import { sharesIpc } from './ipc-mode.ts';

const place = '/dev/shm';

/** Whose it is. Throws conflict, invalid in moby's words. */
function ownerOf({ host, record }: Container): KnownProcess {
  const { IpcMode: mode } = record.hostConfig;
  if (mode === 'host') return host.record;
  const other = host.findContainer(mode.slice('container:'.length));
  if (!other.running) throw new EngineError('conflict', `container ${other.id} is not running`);
  const { IpcMode } = other.record.hostConfig;
  // Who shares it with another one has nothing of its own to give.
  if (sharesIpc(IpcMode) || IpcMode === 'shareable')
    return { pid: other.state.machinePid, startTicks: other.state.startTicks };
  throw new EngineError(
    'invalid',
    `container ${other.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
  );
}

/** Puts the owner's /dev/shm on `source`; only inside `insideNewMountNamespace`. Empty where the container has its own. */
export function stageSharedMemory(container: Container, source: () => string): SpecMount[] {
  if (!sharesIpc(container.record.hostConfig.IpcMode)) return [];
  const owner = ownerOf(container);
  using view = new View(owner);
  const fd = view.open(place);
  try {
    if (!isPlain(fd))
      throw new EngineError('invalid', `${place} of the other is no directory of files: it cannot be shared`);
    const tree = insideMountsOf(owner.pid, () => cloneTree(fd, { recursive: false }));
    try {
      limitTree(tree, { readOnly: 'no', noDevices: true });
      const target = source();
      attachTree(tree, target);
      return [{ destination: place, type: 'bind', source: target, options: ['rbind', 'rprivate'], isPart: false }];
    } finally {
      fs.closeSync(tree);
    }
  } finally {
    fs.closeSync(fd);
  }
}
