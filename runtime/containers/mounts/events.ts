// Telling that a container mounts its volumes, and lets them go: events of each volume, as moby has them.

import { volumeDriver } from '../../volumes/volumes.ts';
import type { Container } from '../container.ts';

export function emitMounts({ host, id, record }: Container, action: 'mount' | 'unmount'): void {
  if (record.isStep) return;
  for (const { type, name, destination, readOnly, propagation } of record.mounts) {
    if (type !== 'volume') continue;
    const more = { destination, 'read/write': String(readOnly === 'no'), propagation };
    host.events.emit('volume', action, name, {
      container: id,
      driver: volumeDriver,
      ...(action === 'mount' && more),
    });
  }
}
