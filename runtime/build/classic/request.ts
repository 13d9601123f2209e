// What a client asks of the classic builder: `POST /build`, from its query.

import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { parseReference, type Reference, withDefaultTag } from '../../images/reference.ts';
import type { CredentialsFor } from '../../registries/credentials.ts';

export interface ClassicRequest {
  /** Where the context is, instead of in the request; empty for there. */
  readonly remote: string;
  readonly names: readonly Reference[];
  readonly dockerfile: string;
  /** Those of the `dockerfile.v0` frontend that it comes to. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly buildArguments: ReadonlyMap<string, string>;
  readonly noCache: boolean;
  readonly pull: boolean;
  /** The containers of steps are said to be removed: those that went well, and all. */
  readonly remove: boolean;
  readonly forceRemove: boolean;
  readonly quiet: boolean;
  /** Who the client is to each registry. */
  readonly credentialsFor: CredentialsFor;
}

/** The values of a query, as the API's other requests read them. */
export interface QueryReader {
  text(name: string): string;
  all(name: string): readonly string[];
  flag(name: string, standard: boolean): boolean;
}

const maxNames = 100;
const texts = z.record(z.string(), z.string().nullable());

function textsOf(query: QueryReader, name: string): Map<string, string> {
  const written = query.text(name);
  if (written === '') return new Map();
  let parsed: z.infer<typeof texts>;
  try {
    parsed = texts.parse(JSON.parse(written) ?? {});
  } catch (error) {
    throw new EngineError('invalid', `error reading ${name}: it is no JSON object of texts`, { cause: error });
  }
  return new Map(Object.entries(parsed).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
}

/** Throws refused, as Docker does. */
function nameOf(written: string): Reference {
  try {
    const reference = parseReference(written);
    if (reference.digest === undefined) return withDefaultTag(reference);
  } catch (error) {
    throw new EngineError('refused', error instanceof Error ? error.message : String(error), { cause: error });
  }
  throw new EngineError('refused', 'build tag cannot contain a digest');
}

/** Throws invalid, refused, notImplemented. */
export function parseClassicRequest(query: QueryReader, credentialsFor: CredentialsFor): ClassicRequest {
  if (query.text('version') === '2')
    throw new EngineError('notImplemented', 'this address has the classic builder only: BuildKit is asked by /grpc');
  if (query.flag('squash', false)) throw new EngineError('invalid', 'squash is only supported with experimental mode');
  const network = query.text('networkmode');
  const mode = network === 'bridge' ? 'default' : network;
  if (!['', 'default', 'host', 'none'].includes(mode))
    throw new EngineError(
      'invalid',
      `the network ${JSON.stringify(network.slice(0, 100))} is none that builds have here: use default, host or none`,
    );
  const named = query.all('t').filter((name) => name !== '');
  if (named.length > maxNames) throw new EngineError('invalid', `an image may be given ${maxNames} names at once`);
  const buildArguments = textsOf(query, 'buildargs');
  const labels = textsOf(query, 'labels');
  const noCache = query.flag('nocache', false);
  const [target, platform] = [query.text('target'), query.text('platform')];
  return {
    names: named.map(nameOf),
    remote: query.text('remote'),
    dockerfile: query.text('dockerfile') || 'Dockerfile',
    attributes: new Map([
      ...Array.from(buildArguments, ([name, value]) => [`build-arg:${name}`, value] as const),
      ...Array.from(labels, ([name, value]) => [`label:${name}`, value] as const),
      ...(target === '' ? [] : [['target', target] as const]),
      ...(platform === '' ? [] : [['platform', platform] as const]),
      ...(noCache ? [['no-cache', ''] as const] : []),
      ['force-network-mode', mode],
    ]),
    labels,
    buildArguments,
    noCache,
    pull: query.flag('pull', false),
    remove: query.flag('rm', true),
    forceRemove: query.flag('forcerm', false),
    quiet: query.flag('q', false),
    credentialsFor,
  };
}
