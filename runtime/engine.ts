// An engine: what its hosts use of it, and what only who runs it needs.

import type { EngineStatus } from './client.ts';
import type { HostEngine } from './hosts/host.ts';

export interface Engine extends HostEngine {
  /** Resolved when it has shut down: nothing of it is left in the kernel. */
  readonly ended: PromiseWithResolvers<void>;
  status(): EngineStatus;
  /** Begins to build what the catalogue lacks. */
  startCatalogue(): void;
}
