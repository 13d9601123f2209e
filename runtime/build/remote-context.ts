// A build context that the client does not have as a directory: an archive of its session's, a repository, or a file at a URL. It is there
// before the build is planned, for its Dockerfile is in it.

import type { Readable } from 'node:stream';
import type { ContainerHost } from '../containers/container.ts';
import { goArchitecture } from '../images/architecture.ts';
import { maxDockerfileBytes } from '../limits.ts';
import { digestOf } from '../store/blobs.ts';
import { type Build, newId } from './builds.ts';
import type { Sent, SentFiles } from './execute/sent-files.ts';
import { fetchUrl } from './fetch/fetch-url.ts';
import { gitFiles } from './fetch/git-files.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { parseGitReference } from './language/git-reference.ts';
import { internalStep } from './language/plan/context.ts';
import type { Vertex } from './progress.ts';
import type { Result } from './result.ts';
import { secretOf } from './session-secret.ts';

export interface ContextParts {
  readonly host: ContainerHost;
  readonly sentFiles: SentFiles;
  readonly build: Build<Result>;
}

export interface RemoteContext extends NonNullable<Result['archive']> {
  /** What told of it. */
  readonly vertex: string;
  /** The Dockerfile, where the URL is that of one, and all the context there is. */
  readonly filename: string | null;
}

/** As clients call an archive that their session has. */
const sessionHost = 'buildkit-session';
/** What BuildKit calls what is at a URL. */
const fetchedName = 'context';

/** `text`: what the client names as the context; null where it names its own files. Throws GrpcError. */
export async function remoteContext(
  text: string,
  keepGitDir: boolean,
  parts: ContextParts,
): Promise<RemoteContext | null> {
  const url = URL.parse(text);
  if (url?.host === sessionHost && url.protocol === 'http:')
    return await received(parts, 'load remote build context', '', async () => {
      const { build, sentFiles } = parts;
      return { sent: await sentFiles.receiveArchive(await build.session(), url, build.signal), filename: null };
    });
  const git = parseGitReference(text);
  if (git)
    return await received(
      parts,
      `load git source ${text}`,
      'failed to read dockerfile: failed to load cache key: ',
      async (vertex) => {
        const wanted = { ...git, keepGitDir: git.keepGitDir ?? keepGitDir, submodules: git.submodules ?? true };
        const { host, sentFiles, build } = parts;
        const { signal } = build;
        const onSaid = (bytes: Uint8Array): void => vertex.log(2, bytes);
        const secretById = async (id: string) => await secretOf(await build.session(), id, signal);
        const options = { onSaid, secretOf: secretById, signal };
        return { sent: await gitFiles(host, sentFiles, wanted, options), filename: null };
      },
    );
  if (!url || !/^https?:$/.test(url.protocol)) return null;
  return await received(
    parts,
    'load remote build context',
    'failed to read downloaded context: failed to load cache key: ',
    () => fromUrl(text, parts),
  );
}

/** A context that the engine itself has, as a tar. Throws GrpcError. */
export async function givenContext(archive: Readable, parts: ContextParts): Promise<RemoteContext> {
  const { build, sentFiles } = parts;
  return await received(parts, 'load build context', '', async () => {
    return { sent: await sentFiles.receiveTar(archive, build.signal), filename: null };
  });
}

async function fromUrl(
  url: string,
  { host, sentFiles, build: { signal } }: ContextParts,
): Promise<{ readonly sent: Sent; readonly filename: string | null }> {
  const file = await fetchUrl(host, sentFiles, { url, filename: fetchedName, checksum: '' }, signal);
  const sent = await sentFiles.unpack(file, fetchedName, signal);
  if (!sent) return { sent: file, filename: fetchedName };
  await file[Symbol.asyncDispose]();
  return { sent, filename: null };
}

async function received(
  { build }: ContextParts,
  name: string,
  doing: string,
  receive: (vertex: Vertex) => Promise<{ readonly sent: Sent; readonly filename: string | null }>,
): Promise<RemoteContext> {
  const shown = `[internal] ${name}`;
  const vertex = build.progress.vertex({ digest: digestOf(`${newId()} ${shown}`), name: shown, inputs: [] });
  vertex.start();
  try {
    const { sent, filename } = await receive(vertex);
    build.held.use(sent);
    vertex.complete();
    const step = {
      ...internalStep('copy /context /', { os: 'linux', architecture: goArchitecture }),
      kind: 'local',
      local: 'context',
      isNamed: false,
      paths: null,
    } as const;
    return { sent, filename, step, vertex: vertex.digest };
  } catch (error) {
    vertex.fail(error instanceof Error ? error.message : String(error));
    const message = error instanceof Error ? error.message : String(error);
    throw new GrpcError(error instanceof GrpcError ? error.code : codes.unknown, `${doing}${message}`);
  }
}

/** The Dockerfile in it, where there is one, under its name. */
export async function dockerfileIn(
  { sent }: RemoteContext,
  filename: string,
  sentFiles: SentFiles,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const [text] = await sentFiles.texts(sent, [filename], maxDockerfileBytes, signal);
  return text === null || text === undefined ? new Map() : new Map([[filename, text]]);
}
