// A registry that the same test asks of ours, or, with `npm test -- --against docker-registry`, of Debian's docker-registry: each open to
// everybody, and empty.

import { mediaTypes } from '../../runtime/registry/media-types.ts';
import { dockerRegistry, startDockerRegistry } from './docker-registry.ts';
import { type Answer, type AskOptions, askRegistry, OwnRegistry } from './own-registry.ts';

export const isReference = process.env.TEST_AGAINST === 'docker-registry';

/** Options of a test that docker-registry (2.8) does not pass, with what that does instead. */
export const unlike = (why: string): { readonly skip: boolean } => ({ skip: isReference && why !== '' });

export interface EitherRegistry extends AsyncDisposable {
  /** Without a path. */
  readonly url: string;
  /** Of an answer, `location` is a path and a query, whatever the registry writes before it. */
  ask(line: string, options?: AskOptions): Promise<Answer>;
  /** For tests that skip docker-registry. Throws where that answers. */
  readonly own: OwnRegistry;
}

export async function openRegistry(): Promise<EitherRegistry> {
  if (!isReference) {
    const own = await OwnRegistry.open();
    return {
      ...{ own, url: own.url },
      ask: (line, options) => own.ask(line, options),
      [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
    };
  }
  if (!dockerRegistry) throw new Error('docker-registry is not installed here, nor unpacked in a folder of /opt');
  const theirs = await startDockerRegistry(dockerRegistry);
  const url = `http://${theirs.domain}`;
  return {
    url,
    get own(): never {
      throw new Error('docker-registry has none of our parts');
    },
    async ask(line, options) {
      const [method = '', target = ''] = line.split(' ');
      // Without `Accept` it turns what is the OCI's into Docker's first form.
      const headers = { Accept: Object.values(mediaTypes).join(', '), ...options?.headers };
      const answer = await askRegistry(url, method, target, { ...options, headers });
      const header = (name: string): string => {
        const value = answer.header(name);
        return name.toLowerCase() === 'location' ? value.replace(/^http:\/\/[^/]*/, '') : value;
      };
      return { ...answer, header };
    },
    [Symbol.asyncDispose]: () => theirs[Symbol.asyncDispose](),
  };
}
