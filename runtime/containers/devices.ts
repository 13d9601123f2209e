// `--device` and `--gpus`: a host has the device nodes that stand in every container's /dev, and no others.

import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';

const nodes = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`);

/** Throws where the container was promised a device that its host has not, in moby's words. */
export function needDevices({ record }: Container): void {
  const { Devices, DeviceRequests } = record.hostConfig;
  for (const { Driver, Capabilities } of DeviceRequests ?? []) {
    const lists = (Capabilities ?? []).map((list) => `[${list.join(' ')}]`);
    throw new EngineError(
      'refused',
      `could not select device driver ${JSON.stringify(Driver)} with capabilities: [${lists.join(' ')}]`,
    );
  }
  for (const { PathOnHost, PathInContainer } of Devices ?? []) {
    if (!nodes.includes(PathOnHost))
      throw new EngineError(
        'refused',
        `error gathering device information while adding custom device ${JSON.stringify(PathOnHost)}: no such file or directory`,
      );
    if (PathInContainer !== PathOnHost)
      throw new EngineError(
        'invalid',
        `--device ${PathOnHost}:${PathInContainer}: a device has its own name in a container of this engine; ${PathOnHost} is there without being asked for`,
      );
  }
}
