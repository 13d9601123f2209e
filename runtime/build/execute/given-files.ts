// Files that a build is given: those of the client, and those that are fetched for it.

import type { ContainerHost } from '../../containers/container.ts';
import { EngineError } from '../../errors.ts';
import { fetchUrl } from '../fetch/fetch-url.ts';
import { gitFiles } from '../fetch/git-files.ts';
import { noSecrets } from '../fetch/git-login.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import type { GitStep, HttpStep, LocalStep } from '../language/steps.ts';
import type { Vertex } from '../progress.ts';
import type { Result } from '../result.ts';
import { secretOf } from '../session-secret.ts';
import type { Session } from '../sessions.ts';
import type { Sent, SentFiles } from './sent-files.ts';

export interface GivenParts {
  readonly host: ContainerHost;
  readonly sentFiles: SentFiles;
  readonly session: (id?: string | null) => Promise<Session>;
  readonly result: Pick<Result, 'directory' | 'archive'>;
  /** Nobody has a session then. */
  readonly isClassic: boolean;
}

/** What a step names. `hold` keeps it as long as the build. Throws GrpcError, in BuildKit's words, and EngineError. */
export async function givenFiles(
  step: LocalStep | HttpStep | GitStep,
  parts: GivenParts,
  vertex: Vertex,
  signal: AbortSignal,
  hold: (sent: Sent) => Sent,
): Promise<Sent> {
  const { host, sentFiles, result, isClassic } = parts;
  switch (step.kind) {
    case 'local': {
      const { archive } = result;
      if (step !== archive?.step) return hold(await receive(step, parts, vertex, signal));
      vertex.start();
      vertex.took(archive.sent.files, archive.sent.bytes);
      vertex.complete();
      return archive.sent;
    }
    case 'http':
      return await fetched(vertex, async () => hold(await fetchUrl(host, sentFiles, step, signal)));
    case 'git': {
      const onSaid = (bytes: Uint8Array): void => vertex.log(2, bytes);
      const secretById = async (id: string) => await secretOf(await parts.session(), id, signal);
      const options = { onSaid, secretOf: isClassic ? noSecrets : secretById, signal };
      return await fetched(vertex, async () => hold(await gitFiles(host, sentFiles, step, options)));
    }
  }
}

async function receive(
  step: LocalStep,
  { sentFiles, result, session: sessionOf }: GivenParts,
  vertex: Vertex,
  signal: AbortSignal,
): Promise<Sent> {
  const { name: directory, session: id, ignored: excluded } = await result.directory(step.local, step.isNamed);
  vertex.start();
  const session = await sessionOf(id);
  const status = vertex.status(`transferring ${step.local}:`, 'transferring');
  let [received, told] = [0, 0];
  const onBytes = (bytes: number): void => {
    received = bytes;
    if (bytes - told < 1024 * 1024) return;
    told = bytes;
    status.at(bytes);
  };
  const key = session.sharedKey === '' ? null : `${directory}:${session.sharedKey}`;
  const wanted = { directory, followed: step.paths ?? [], included: [], excluded };
  const sent = await sentFiles.receive(session, wanted, { key, onBytes, signal });
  status.done(received);
  vertex.took(sent.files, sent.bytes);
  vertex.complete();
  return sent;
}

async function fetched(vertex: Vertex, fetch: () => Promise<Sent>): Promise<Sent> {
  vertex.start();
  try {
    const sent = await fetch();
    vertex.complete();
    return sent;
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'invalid') throw error;
    const code = error instanceof GrpcError ? error.code : codes.unknown;
    throw new GrpcError(code, `failed to load cache key: ${error instanceof Error ? error.message : String(error)}`);
  }
}
