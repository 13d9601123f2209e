// The registries that a clause is asked of which both hold: ours, and Debian's docker-registry where the machine has it.

import { describe } from 'vitest';
import { dockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts';
import { type Answer, type AskOptions, askRegistry, OwnRegistry } from '../../support/own-registry.ts';

export interface Served extends AsyncDisposable {
  ask(line: string, options?: AskOptions): Promise<Answer>;
}

/** Defines the same tests for each. */
export function ofEach(define: (open: () => Promise<Served>) => void): void {
  describe('ours', () => define(() => OwnRegistry.open()));
  const theirs = dockerRegistry;
  if (theirs) describe('docker-registry', () => define(async () => servedBy(await startDockerRegistry(theirs))));
}

function servedBy(theirs: AsyncDisposable & { readonly domain: string }): Served {
  return {
    ask(line, options) {
      const [method = '', target = ''] = line.split(' ');
      return askRegistry(`http://${theirs.domain}`, method, target, options);
    },
    [Symbol.asyncDispose]: () => theirs[Symbol.asyncDispose](),
  };
}
