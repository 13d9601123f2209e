// The lab's virtual machine: whether QEMU runs, and the state that `boot-vm` has written in the student's home.

import type { HostUsage, ProcessUsage } from '@drydock/runtime';
import { z } from 'zod';
import type { ViewMachine } from '../protocol.ts';
import { plainText } from './plain-text.ts';

/** In the student's home; lessons/images/workspace-vm has the program that writes it. */
export const machineStatePath = '.vm/state.json';
/** It is 160 bytes; the student may write anything there. */
const maxStateBytes = 4096;
const hour = 3_600_000;

const schema = z.strictObject({
  accelerator: z.enum(['kvm', 'tcg']),
  startedAtMs: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  readyAtMs: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  kernel: z.string().max(64),
  memoryBytes: z.number().int().min(0).max(1e12),
  diskBytes: z.number().int().min(0).max(1e12),
});

export type MachineState = z.infer<typeof schema>;

/** Null where the bytes are not what `boot-vm` writes. */
export function machineStateFrom(bytes: Uint8Array): MachineState | null {
  if (bytes.length > maxStateBytes) return null;
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    if (!parsed.success) return null;
    const tookMs = parsed.data.readyAtMs - parsed.data.startedAtMs;
    return tookMs >= 0 && tookMs < hour ? parsed.data : null;
  } catch {
    return null; // half written, or not JSON at all
  }
}

/** The process of QEMU in the workspace, if there is one. */
export function emulatorOf({ processes }: HostUsage): ProcessUsage | null {
  return (
    processes.find(({ container, executable }) => container === null && executable.startsWith('qemu-system')) ?? null
  );
}

/**
 * `before` is the last result: a machine that is off keeps its last figures. The memory is measured from the process itself, the
 * time is the one that `boot-vm` wrote.
 */
export function machineFrom(
  emulator: ProcessUsage | null,
  state: MachineState | null,
  before: ViewMachine | null,
): ViewMachine | null {
  if (!emulator) return before && { ...before, state: 'off' };
  const { memoryBytes, command } = emulator;
  if (!state) {
    const accelerator = /-accel (kvm|tcg)\b/.exec(command)?.[1] ?? '';
    return { state: 'booting', accelerator, readyMs: null, memoryBytes, diskBytes: 0, kernel: '' };
  }
  return {
    state: 'ready',
    accelerator: state.accelerator,
    readyMs: state.readyAtMs - state.startedAtMs,
    memoryBytes,
    diskBytes: state.diskBytes,
    kernel: plainText(state.kernel, 64),
  };
}
