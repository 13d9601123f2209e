// The thread that talks to one registry for one host: in the host's network, with a heap of its own for what the registry says. Started
// by `thread.ts` only.

import { writeFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { EngineError, type ErrorKind } from '../errors.ts';
import { checkConfiguration, parseConfiguration } from '../images/configuration.ts';
import { broughtConfiguration } from '../images/contents.ts';
import { moveIntoNetworkOf } from '../kernel/thread-network.ts';
import { blobPauseMs, registryIdleMs, registryProgressMs } from '../limits.ts';
import { authoritiesIn } from './certificates.ts';
import { describeReference } from './describe.ts';
import { downloadBlob } from './download.ts';
import { clean, RegistryFailure } from './failure.ts';
import { findManifest, findTop, type TopManifest } from './find-manifest.ts';
import type { JobName, Message, Question, RegistryJobs, RegistryThreadData } from './jobs.ts';
import { listTags } from './list-tags.ts';
import { isInHosts, resolveBy } from './names.ts';
import { pushManifest } from './push-manifest.ts';
import { Repository } from './repository.ts';
import { Transport } from './transport.ts';
import { uploadBlob } from './upload.ts';

const data = workerData as RegistryThreadData;
moveIntoNetworkOf(data.reach);
const { pid, namesDirectory, trusted, proxy } = data.reach;
const isNear = (name: string): boolean => name === 'localhost' || isInHosts(namesDirectory, name);
const way = {
  resolve: resolveBy(namesDirectory),
  trusted,
  authorities: authoritiesIn(pid),
  proxy: proxy && { ...proxy, isNear },
};
const transport = new Transport(way, registryIdleMs);
/** Opened with the first question, whose failure says what is wrong. */
let opened: Promise<Repository> | null = null;
const repository = (): Promise<Repository> => (opened ??= Repository.open(transport, data));
/** By the tag or digest that was asked for. */
const tops = new Map<string, TopManifest>();
/** Of what an image says that it is for. */
const maxPlatformLength = 80;

function tell(message: Message): void {
  parentPort?.postMessage(message);
}

/** Tells of a transfer, not of every piece. */
function pacing(id: number) {
  let toldAt = 0;
  return {
    pauseMs: blobPauseMs,
    idleMs: registryIdleMs,
    onBytes: (bytes: number): void => {
      const now = performance.now();
      if (now - toldAt < registryProgressMs) return;
      toldAt = now;
      tell({ kind: 'bytes', id, bytes });
    },
    onRetry: (pauseMs: number): void => tell({ kind: 'retry', id, seconds: Math.ceil(pauseMs / 1000) }),
  };
}

type Answers = {
  [Name in JobName]: (ask: RegistryJobs[Name]['ask'], id: number) => Promise<RegistryJobs[Name]['answer']>;
};

const answers: Answers = {
  async login() {
    const { url, status, identityToken } = await (await repository()).login();
    if (status === 200) return { identityToken };
    const what = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
    throw new RegistryFailure(`login attempt to ${url} failed with status: ${what}`, { kind: 'answer', status });
  },
  async tags() {
    return await listTags(await repository());
  },
  async top({ reference }) {
    const found = await findTop(await repository(), reference);
    tops.set(reference, found);
    return found.top;
  },
  async image({ reference, platform, maxConfigurationBytes, path }) {
    const found = tops.get(reference);
    if (!found) throw new EngineError('internal', `the manifest of ${reference} was not asked for`);
    tops.delete(reference);
    const { manifest, configuration } = await findManifest(await repository(), found, platform);
    if (configuration.length > maxConfigurationBytes)
      throw new EngineError(
        'exhausted',
        `its configuration holds more than the ${Math.max(0, maxConfigurationBytes)} bytes that this host may still bring in: remove images first`,
      );
    const parsed = parseConfiguration(configuration.toString('utf8'));
    checkConfiguration(parsed);
    if (parsed.diffIds.length !== manifest.layers.length)
      throw new EngineError(
        'invalid',
        `layers from manifest don't match image configuration: ${manifest.layers.length} and ${parsed.diffIds.length}`,
      );
    await writeFile(path, configuration, { flag: 'wx', mode: 0o600 });
    const brought = broughtConfiguration(manifest.config.digest, parsed, configuration.length);
    const { os, architecture } = parsed.details;
    return {
      platform: clean(`${os}/${architecture}`).slice(0, maxPlatformLength),
      fits: os === platform.os && architecture === platform.architecture,
      layers: manifest.layers,
      configuration: brought,
    };
  },
  async describe({ reference }) {
    return await describeReference(await repository(), reference);
  },
  async download({ descriptor, path }, id) {
    await downloadBlob(await repository(), descriptor, path, pacing(id));
    return null;
  },
  async upload(blob, id) {
    return await uploadBlob(await repository(), blob, pacing(id));
  },
  async manifest({ reference, mediaType, text }) {
    return await pushManifest(await repository(), reference, mediaType, text);
  },
};

/** What a student is told, as moby translates it (`translatePullError`), and the kind that goes with its status. */
function told(error: unknown, reference: string): { errorKind: ErrorKind; message: string } {
  if (error instanceof EngineError) return { errorKind: error.kind, message: error.message };
  if (!(error instanceof RegistryFailure)) return { errorKind: 'internal', message: String(error) };
  const { code, message, kind } = error;
  const { shown, actions } = data;
  if (actions === 'pull' && code === 'DENIED')
    return {
      errorKind: 'notFound',
      message: `pull access denied for ${shown}, repository does not exist or may require 'docker login': ${message}`,
    };
  if (actions === 'pull' && code === 'MANIFEST_UNKNOWN')
    return { errorKind: 'notFound', message: `manifest for ${reference} not found: ${message}` };
  if (actions === 'pull' && code === 'NAME_UNKNOWN')
    return { errorKind: 'notFound', message: `repository ${shown} not found: ${message}` };
  // The docker command asks for a name and password then.
  if (code === 'UNAUTHORIZED') return { errorKind: 'unauthorized', message };
  if (code === 'NO_MATCHING_MANIFEST') return { errorKind: 'notFound', message };
  return { errorKind: kind === 'broken' ? 'dataLoss' : 'refused', message };
}

async function answer<Name extends JobName>({ id, name, ask }: Question<Name>): Promise<void> {
  try {
    tell({ kind: 'answer', id, answer: await answers[name](ask, id) });
  } catch (error) {
    const { reference = '' } = ask as { reference?: string };
    const whole = `${data.shown}${reference.includes(':') ? '@' : ':'}${reference}`;
    const unreachable = error instanceof RegistryFailure && error.kind === 'network';
    tell({ kind: 'failed', id, unreachable, ...told(error, whole) });
  }
}

parentPort?.on('message', (question: Question) => void answer(question));
