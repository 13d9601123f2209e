// Other limits for a container that is there: the OCI runtime's `update`.

import { callRuntime, type OciTools } from './conmon.ts';

/** `file` holds the `linux.resources` of the OCI runtime specification. Throws RuntimeRefusal where the kernel does not take them. */
export async function updateLimits(tools: OciTools, insidePid: number, id: string, file: string): Promise<void> {
  await callRuntime(tools, insidePid, ['update', `--resources=${file}`, id]);
}
