// Fetches an image from its registry, for all students at once: by the machine's own network and names.

import { readFileSync, statSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { credentialsOf, type Mirror } from '../hub/mirrors/mirrors-file.ts';
import { familiarName, parseReference } from '../images/reference.ts';
import { startTicksOf } from '../kernel/processes.ts';
import { maxManifestBytes, maxMirrorsFileBytes } from '../limits.ts';
import { type Credentials, credentialsIn, nobody } from '../registries/credentials.ts';
import type { RegistryThreadData } from '../registries/jobs.ts';
import { ownPlatform, platformText } from '../registries/platform.ts';
import { RegistryThread } from '../registries/thread.ts';
import type { OpenParts } from './take-archive.ts';
import { type TakenImage, takeLayers } from './taken-image.ts';

/** Where images of registries come from, and who the machine is there. */
export interface Registries {
  readonly mirrors: readonly Mirror[];
  /** A `config.json` as `docker login` writes it; null where there is none. */
  readonly dockerConfig: string | null;
}

/** Layers that come at once. */
const layersAtOnce = 3;

type Parts = OpenParts & { readonly registries: Registries };

/** `reference` is canonical. Throws EngineError. */
export async function fetchImage(reference: string, parts: Parts): Promise<TakenImage> {
  try {
    return await fetch(reference, parts);
  } catch (error) {
    parts.signal.throwIfAborted();
    throw withLogin(error, parseReference(reference).domain, parts.registries);
  }
}

/** A registry that lets nobody in says so; where the login is looked for, it does not know. */
export function withLogin(error: unknown, domain: string, registries: Registries): unknown {
  if (!(error instanceof EngineError) || !/no basic auth|unauthori[sz]ed|denied|authentication/i.test(error.message))
    return error;
  const { mirrors, dockerConfig } = registries;
  if (mirrors.some(({ name }) => name === domain)) return error;
  const hint =
    dockerConfig === null
      ? `this machine has no login for ${domain}: DRYDOCK_DOCKER_CONFIG names a file of logins`
      : Object.values(loginFor(domain, registries)).every((text) => text === '')
        ? `${dockerConfig} has no login for ${domain}`
        : `${domain} does not take the login of ${dockerConfig}`;
  return new EngineError(error.kind, `${error.message}: ${hint}`, { cause: error });
}

async function fetch(reference: string, parts: Parts): Promise<TakenImage> {
  const { registries, scratch, signal, onStep } = parts;
  const { domain, path, tag = 'latest', digest } = parseReference(reference);
  await using client = new RegistryThread(placeOf(domain, path, registries), signal);
  const asked = { reference: digest ?? tag };
  onStep(`asking ${domain}`);
  await client.ask('top', asked);
  await mkdir(`${scratch}/files`, { mode: 0o700 });
  const configuration = `${scratch}/files/configuration`;
  const image = await client.ask('image', {
    ...asked,
    ...{ platform: ownPlatform, maxConfigurationBytes: maxManifestBytes, path: configuration },
  });
  if (!image.fits)
    throw new EngineError(
      'invalid',
      `${reference} is for ${image.platform}, and this machine ${platformText(ownPlatform)}`,
    );
  const { diffIds, imageId } = image.configuration;
  const layers = image.layers.map((descriptor, i) => ({
    ...{ descriptor, diffId: diffIds[i] ?? '', digest: descriptor.digest },
    file: `${scratch}/files/${i}`,
  }));
  const all = layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  const come = new Map<string, number>();
  const tell = (): void => {
    const bytes = [...come.values()].reduce((sum, one) => sum + one, 0);
    onStep(`fetching, ${Math.round(bytes / 1e6)} of ${Math.round(all / 1e6)} MB`);
  };
  const wanted = [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
  const next = wanted.values();
  await Promise.all(
    Array.from({ length: layersAtOnce }, async () => {
      for (const { descriptor, file } of next) {
        const onBytes = (bytes: number): void => {
          come.set(file, bytes);
          tell();
        };
        await client.ask('download', { descriptor, path: file }, { onBytes });
      }
    }),
  );
  return {
    ...{ imageId, names: [], recipe: null, configuration: await readFile(configuration, 'utf8') },
    layers: await takeLayers(layers, parts),
  };
}

function placeOf(domain: string, path: string, registries: Registries): RegistryThreadData {
  const shown = familiarName({ domain, path });
  const mirror = registries.mirrors.find(({ name }) => name === domain);
  if (mirror)
    return {
      ...{ reach: { origin: mirror.origin }, domain, path: `${mirror.prefix}${path}`, shown, actions: 'pull' },
      credentials: credentialsOf(mirror),
    };
  const reach = { pid: process.pid, startTicks: startTicksOf(process.pid), namesDirectory: '/etc', proxy: null };
  return { reach, domain, path, shown, credentials: loginFor(domain, registries), actions: 'pull' };
}

const configSchema = z.looseObject({ auths: z.record(z.string(), z.unknown()).default({}) });
/** As `docker login` writes its own registry. */
const hubKey = 'https://index.docker.io/v1/';

/** Who the machine is at a registry, by the docker configuration; nobody where that does not say. Read each time. Throws unavailable. */
export function loginFor(domain: string, { dockerConfig }: Registries): Credentials {
  if (dockerConfig === null) return nobody;
  let auths: Readonly<Record<string, unknown>>;
  try {
    if (statSync(dockerConfig).size > maxMirrorsFileBytes) throw new Error('it is too large');
    ({ auths } = configSchema.parse(JSON.parse(readFileSync(dockerConfig, 'utf8'))));
  } catch (cause) {
    throw new EngineError('unavailable', `the logins in ${dockerConfig} cannot be read: see DRYDOCK_DOCKER_CONFIG`, {
      cause,
    });
  }
  const keys = domain === 'docker.io' ? [hubKey, domain] : [domain, `https://${domain}`, `http://${domain}`];
  const found = keys.find((key) => Object.hasOwn(auths, key));
  return (found === undefined ? null : credentialsIn(auths[found])) ?? nobody;
}
