// Asks a registry of a student's own what a repository of it holds, through the engine, from within the host. Each answer is text to be
// looked at, and bounded. A port behind which there is no registry gives no registry's answers.

import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { z } from 'zod';
import type { RepositoryCheck } from '../../../lessons/schema.ts';
import { kindOf } from '../../errors.ts';
import { answerMs, maxRegistryAnswerBytes, maxRegistryTags } from '../../limits.ts';
import { checkMark } from '../http-answer.ts';
import { shown } from '../shown.ts';
import type { RepositoryFact, TagFact } from './facts.ts';

/** The registry, as seen from within one host. */
export interface OwnRegistry {
  /** `localhost:5000` */
  readonly registry: string;
  readonly repository: string;
  readonly tls: boolean;
  readonly login: RepositoryCheck['login'];
  /** Tags whose images are asked for. */
  readonly tags: readonly string[];
}

/** Connects to the registry's port. Throws what the engine throws. */
export type Dial = (ending: AbortSignal) => Promise<Duplex>;

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ');

/** Not what was asked for, as a whole sentence. */
class Silence extends Error {}

/** Throws only what `dial` throws beside notFound and exhausted. */
export async function askRegistry(asked: OwnRegistry, dial: Dial, signal: AbortSignal): Promise<RepositoryFact> {
  const ending = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
  const unknown: RepositoryFact = {
    silence: null,
    exists: false,
    visibility: null,
    tags: new Map(),
    mayPull: new Map(),
    others: [],
  };
  const { registry, login } = asked;
  let visibility: RepositoryFact['visibility'] = null;
  try {
    const open = await get(asked, dial, '/v2/', null, ending);
    visibility = open.status === 401 || open.status === 403 ? 'private' : open.status === 200 ? 'public' : null;
    if (visibility === null) throw new Silence(notARegistry(asked, open));
    if (visibility === 'private' && !login)
      throw new Silence(`The registry ${registry} asks for a name and a password.`);
    const found = await tagsOf(asked, dial, ending);
    if (found === null) return { ...unknown, visibility };
    const points = await Promise.all(
      asked.tags
        .filter((tag) => found.includes(tag))
        .map(async (tag) => [tag, await pointOf(asked, tag, dial, ending)] as const),
    );
    const known = new Map(points);
    const none: TagFact = { digest: '', imageId: null };
    return {
      ...unknown,
      visibility,
      exists: found.length > 0,
      tags: new Map(found.map((tag) => [tag, known.get(tag) ?? none])),
    };
  } catch (error) {
    if (error instanceof Silence) return { ...unknown, visibility, silence: error.message };
    const kind = kindOf(error);
    if (kind === 'notFound')
      return {
        ...unknown,
        silence: `Nothing listens at ${registry}: the registry does not run, or its port is not published.`,
      };
    if (kind === 'exhausted' || ending.aborted)
      return { ...unknown, visibility, silence: `The registry ${registry} is too busy to answer.` };
    throw error;
  }
}

function notARegistry({ registry, tls }: OwnRegistry, { status, body }: Answer): string {
  if (!tls && status === 400 && /HTTPS/i.test(body.toString('latin1')))
    return `The registry ${registry} answers by HTTPS, and not by plain HTTP.`;
  return `What listens at ${registry} is no registry: it answers /v2/ with status ${status}.`;
}

const tagList = z.object({ tags: z.array(z.string()).nullable() });

/** Null where there is no such repository. Throws Silence. */
async function tagsOf(asked: OwnRegistry, dial: Dial, ending: AbortSignal): Promise<readonly string[] | null> {
  const { registry, repository, login } = asked;
  const path = `/v2/${repository}/tags/list?n=${maxRegistryTags}`;
  const { status, body } = await get(asked, dial, path, null, ending, login);
  if (status === 404) return null;
  if (status === 401 || status === 403)
    throw new Silence(
      login
        ? `The registry ${registry} does not take the name ${login.user} with the password that it should have.`
        : `The registry ${registry} asks for a name and a password.`,
    );
  const parsed = tagList.safeParse(jsonIn(body));
  if (status !== 200 || !parsed.success)
    throw new Silence(`The registry ${registry} gives no list of the tags of ${repository}: status ${status}.`);
  return (parsed.data.tags ?? []).slice(0, maxRegistryTags);
}

const manifest = z.object({ config: z.object({ digest: z.string() }) });

async function pointOf(asked: OwnRegistry, tag: string, dial: Dial, ending: AbortSignal): Promise<TagFact> {
  const path = `/v2/${asked.repository}/manifests/${tag}`;
  const { status, body } = await get(asked, dial, path, manifestTypes, ending, asked.login);
  if (status !== 200) return { digest: '', imageId: null };
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  return { digest, imageId: manifest.safeParse(jsonIn(body)).data?.config.digest.slice(0, 71) ?? null };
}

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

/** Throws Silence, and what `dial` throws. */
async function get(
  { registry, tls }: OwnRegistry,
  dial: Dial,
  path: string,
  accept: string | null,
  ending: AbortSignal,
  login?: OwnRegistry['login'],
): Promise<Answer> {
  const plain = await dial(ending);
  // Whoever has signed it: that it answers by HTTPS is what is asked.
  const stream = tls ? connectTls({ socket: plain, rejectUnauthorized: false, servername: 'localhost' }) : plain;
  try {
    return await answered(stream, registry, path, accept, ending, login);
  } catch (error) {
    if (!(error instanceof Silence) || !tls || !/wrong version|EPROTO|SSL/i.test(String(error.message))) throw error;
    throw new Silence(`The registry ${registry} answers by plain HTTP, and not by HTTPS.`);
  } finally {
    stream.destroy();
    plain.destroy();
  }
}

function answered(
  stream: Duplex,
  registry: string,
  path: string,
  accept: string | null,
  signal: AbortSignal,
  login: OwnRegistry['login'],
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const failed = (why: string): void =>
      reject(
        new Silence(
          signal.aborted
            ? `The registry ${registry} took longer than ${answerMs / 1000} s to answer.`
            : `The registry ${registry} gives no answer: ${shown(why)}.`,
        ),
      );
    const basic = login && Buffer.from(`${login.user}:${login.password}`).toString('base64');
    const headers = {
      host: registry,
      'user-agent': checkMark,
      connection: 'close',
      ...(accept !== null && { accept }),
      ...(basic !== undefined && { authorization: `Basic ${basic}` }),
    };
    let begun = false;
    const asked = request({ path, headers, signal, createConnection: () => stream }, (answer) => {
      begun = true;
      const chunks: Uint8Array[] = [];
      let size = 0;
      answer.on('data', (chunk: Uint8Array) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= maxRegistryAnswerBytes) return;
        failed('it is too long');
        asked.destroy();
      });
      answer.on('error', ({ message }) => failed(message));
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) });
      });
    });
    stream.on('error', ({ message }) => failed(message));
    asked.on('error', ({ message }) => failed(message));
    asked.on('close', () => {
      if (!begun) failed('it closed the connection');
    });
    asked.end();
  });
}
