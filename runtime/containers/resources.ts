// A container's own limits, as the OCI runtime configuration has them. Its host's stand above and hold in any case.

import { maxPidsPerContainer } from '../limits.ts';
import type { Resources } from '../oci/spec.ts';
import type { HostConfig } from './container.ts';

const nanosPerCpu = 1e9;
const cpuPeriodUs = 100_000;

export function resourcesOf(hostConfig: HostConfig): Resources {
  const { Memory, MemoryReservation, MemorySwap, NanoCpus, CpuPeriod, CpuQuota, CpuShares, CpusetCpus } = hostConfig;
  const asked = hostConfig.PidsLimit ?? 0;
  const pids = asked > 0 ? Math.min(asked, maxPidsPerContainer) : maxPidsPerContainer;
  const quota = NanoCpus > 0 ? Math.round((NanoCpus / nanosPerCpu) * cpuPeriodUs) : CpuQuota;
  const period = NanoCpus > 0 ? cpuPeriodUs : CpuPeriod;
  return {
    pids: { limit: pids },
    ...(Memory > 0 || MemoryReservation > 0
      ? {
          memory: {
            ...(Memory > 0 ? { limit: Memory, swap: MemorySwap > 0 ? MemorySwap : Memory } : {}),
            ...(MemoryReservation > 0 ? { reservation: MemoryReservation } : {}),
          },
        }
      : {}),
    ...(quota > 0 || period > 0 || CpuShares > 0 || CpusetCpus !== ''
      ? {
          cpu: {
            ...(quota > 0 ? { quota } : {}),
            ...(period > 0 ? { period } : {}),
            ...(CpuShares > 0 ? { shares: CpuShares } : {}),
            ...(CpusetCpus !== '' ? { cpus: CpusetCpus } : {}),
          },
        }
      : {}),
  };
}
