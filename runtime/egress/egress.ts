// The way out for hosts whose lab wants one: an HTTP proxy to the names that the operator allows. All proxies are in one thread, so
// that what students fetch takes nothing of the engine's event loop.

import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { EgressKind } from '../client.ts';
import { serversIn } from './dial-out.ts';

export interface EgressSettings {
  /** Names, `*.example.org` for all below one, `*` for all (`allow-list.ts`). Empty: no host has a way out. */
  readonly allow: readonly string[];
  /** The file of the network namespace that the traffic leaves by; null for the engine's own. */
  readonly network: string | null;
}

export type EgressOrder =
  | { readonly kind: 'open'; readonly id: number; readonly fd: number }
  | { readonly kind: 'close'; readonly id: number };

/** The name servers of the namespace; none where it has none of its own. As ip-netns(8) has it. */
export function nameServersOf({ network }: EgressSettings): string[] {
  return network === null ? [] : serversIn(`/etc/netns/${network.slice(network.lastIndexOf('/') + 1)}/resolv.conf`);
}

/** It holds buffers and little else. */
const maxHeapMb = 128;

export class Egress {
  readonly settings: EgressSettings;
  readonly #log: Logger;
  #thread: Worker | null = null;
  #opened = 0;

  constructor(settings: EgressSettings, log: Logger) {
    this.settings = settings;
    this.#log = log;
  }

  /** What a host that asks for `wanted` has. */
  allows(wanted: EgressKind): EgressKind {
    const { allow, network } = this.settings;
    if (wanted === 'none' || allow.length === 0) return 'none';
    return wanted === 'open' && network !== null && allow.includes('*') ? 'open' : 'proxy';
  }

  /** The name servers that a host and its containers ask which asks for `wanted`; none where it does not speak to any. */
  nameServersFor(wanted: EgressKind): readonly string[] {
    return this.allows(wanted) === 'open' ? nameServersOf(this.settings) : [];
  }

  /** Serves clients of the bound socket `fd`, which belongs to the proxy from now on. */
  open(fd: number): { close(): void } {
    const id = ++this.#opened;
    this.#thread ??= this.#started();
    const thread = this.#thread;
    thread.postMessage({ kind: 'open', id, fd } satisfies EgressOrder);
    return { close: () => thread.postMessage({ kind: 'close', id } satisfies EgressOrder) };
  }

  #started(): Worker {
    const thread = new Worker(new URL('./egress-thread.ts', import.meta.url), {
      workerData: this.settings,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
      trackUnmanagedFds: false,
    });
    thread.unref();
    thread.on('error', (error) =>
      this.#log.error({ error }, 'the proxies’ thread failed: hosts have no way out until they are started again'),
    );
    thread.on('exit', () => {
      if (this.#thread === thread) this.#thread = null;
    });
    return thread;
  }
}
