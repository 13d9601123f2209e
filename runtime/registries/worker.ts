// The thread that talks to one registry for one host: in the host's network, with a heap of its own for what the registry says. Started
// by `thread.ts` only.

import { writeFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import { parentPort } from 'node:worker_threads';
import { EngineError } from '../errors.ts';
import { moveIntoNetworkOf } from '../kernel/thread-network.ts';
import { blobPauseMs, registryIdleMs, registryProgressMs } from '../limits.ts';
import { authoritiesIn } from './certificates.ts';
import { insecureIn } from './daemon-settings.ts';
import { describeReference } from './describe.ts';
import { downloadBlob } from './download.ts';
import { RegistryFailure } from './failure.ts';
import { fetchManifest, findManifest, findTop, readerOf, type TopManifest } from './find-manifest.ts';
import { foundImage } from './found-image.ts';
import type { JobName, Message, Question, RegistryJobs, RegistryThreadData } from './jobs.ts';
import { listTags } from './list-tags.ts';
import { machineWay } from './machine-way.ts';
import { isInHosts, resolveBy } from './names.ts';
import { pushManifest } from './push-manifest.ts';
import { Repository } from './repository.ts';
import { told } from './told.ts';
import { Transport } from './transport.ts';
import { uploadBlob } from './upload.ts';

/** For whom it asks which registry. Opened with the first question, whose failure says what is wrong. */
interface Place {
  readonly data: RegistryThreadData;
  readonly transport: Transport;
  opened: Promise<Repository> | null;
}

let place: Place | null = null;

/** Enters the host's network, for good; where the machine itself asks, stays in its own. */
function enter(data: RegistryThreadData): Place {
  if ('origin' in data.reach)
    return { data, transport: new Transport(machineWay(data.reach), registryIdleMs), opened: null };
  moveIntoNetworkOf(data.reach);
  const { pid, namesDirectory, proxy } = data.reach;
  const isNear = (name: string): boolean => name === 'localhost' || isInHosts(namesDirectory, name);
  const way = {
    resolve: resolveBy(namesDirectory),
    isInsecure: insecureIn(pid),
    authorities: authoritiesIn(pid),
    proxy: proxy && { ...proxy, isNear },
  };
  return { data, transport: new Transport(way, registryIdleMs), opened: null };
}

function need(): Place {
  if (!place) throw new EngineError('internal', 'the thread of a registry was not told which');
  return place;
}

function repository(): Promise<Repository> {
  const there = need();
  const { data, transport } = there;
  const base = 'origin' in data.reach ? { origin: data.reach.origin } : {};
  there.opened ??= Repository.open(transport, { ...data, ...base });
  return there.opened;
}

/** By the tag or digest that was asked for. */
const tops = new Map<string, TopManifest>();

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
    const { manifest, configuration } = await findManifest(readerOf(await repository()), found, platform);
    const image = foundImage({ manifest, configuration, platform, maxConfigurationBytes });
    await writeFile(path, configuration, { flag: 'wx', mode: 0o600 });
    return image;
  },
  async fetch({ reference, known }) {
    return await fetchManifest(await repository(), reference, known);
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

async function answer<Name extends JobName>({ id, name, ask }: Question<Name>): Promise<void> {
  try {
    tell({ kind: 'answer', id, answer: await answers[name](ask, id) });
  } catch (error) {
    const { reference = '' } = ask as { reference?: string };
    const { data } = need();
    const whole = `${data.shown}${reference.includes(':') ? '@' : ':'}${reference}`;
    tell({ kind: 'failed', id, failure: failureIn(error), ...told(error, data, whole) });
  }
}

function failureIn(error: unknown) {
  if (!(error instanceof RegistryFailure)) return null;
  const { kind, status, code, retryAfterSeconds, message } = error;
  return { kind, status, code, retryAfterSeconds, message };
}

parentPort?.once('message', (data: RegistryThreadData) => {
  place = enter(data);
  parentPort?.on('message', (question: Question) => void answer(question));
});
