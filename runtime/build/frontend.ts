// The frontend `dockerfile.v0`: reads the Dockerfile that the client has, and plans what to do. Nothing is built yet.

import { stringify } from 'node:querystring';
import type { ContainerHost } from '../containers/container.ts';
import { EngineError } from '../errors.ts';
import { goArchitecture } from '../images/architecture.ts';
import { maxDockerfileBytes } from '../limits.ts';
import { digestOf } from '../store/blobs.ts';
import { type Build, newId } from './builds.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { parseIgnoreFile } from './language/ignore-file.ts';
import type { ImageDocument } from './language/image-document.ts';
import { shortWarning, type Warning } from './language/lint.ts';
import { rules } from './language/lint-rules.ts';
import { buildOptions } from './language/options.ts';
import { planBuild } from './language/plan/build-plan.ts';
import type { ImageRequest, ResolvedImage, Surroundings } from './language/plan/context.ts';
import { rangesOf } from './language/source.ts';
import { ofLanguage } from './located.ts';
import { type FilesWanted, type Receiver, receiveFiles } from './receive-files.ts';
import type { Result, SourceFile } from './result.ts';
import type { FrontendRequest } from './served-builder.ts';

/** Throws GrpcError, in BuildKit's words. */
export async function solveDockerfile(
  host: ContainerHost,
  build: Build<Result>,
  request: FrontendRequest,
): Promise<Result> {
  if (request.frontend !== 'dockerfile.v0' && request.frontend !== 'gateway.v0')
    throw new GrpcError(
      codes.unimplemented,
      `no frontend ${request.frontend.slice(0, 40)} is here: builds are made of Dockerfiles`,
    );
  const attributes = new Map(Object.entries(request.options));
  const filename = attributes.get('filename') || 'Dockerfile';
  const { texts: files, vertex } = await receiveDockerfile(
    build,
    attributes.get('dockerfilekey') ?? 'dockerfile',
    filename,
  );
  const text = files.get(filename);
  if (text === undefined)
    throw new GrpcError(codes.unknown, `failed to read dockerfile: open ${filename}: no such file or directory`);
  const source: SourceFile = { filename, text };
  const ignore = ignoreOf(build, attributes.get('contextkey') ?? 'context', files.get(`${filename}.dockerignore`));
  try {
    const options = buildOptions(attributes, { os: 'linux', architecture: goArchitecture });
    const surroundings: Surroundings = {
      resolveImage: (wanted) => resolveImage(host, build, wanted),
      resolveInput: () =>
        Promise.reject(new GrpcError(codes.unimplemented, 'results of other builds are not taken yet')),
      ignorePatterns: ignore,
    };
    const [platform = null, ...others] = options.platforms;
    if (others.length > 0)
      throw new GrpcError(codes.unimplemented, 'an image for several platforms is not built here: ask for one');
    const warn = (warning: Warning): void => build.progress.warn(warningOf(warning, source, vertex));
    const plan = await planBuild({ text, options, platform, mainContext: null, allStages: false, warn }, surroundings);
    const patterns = await ignore();
    return resultOf(plan, source, patterns);
  } catch (error) {
    throw ofLanguage(error, source);
  }
}

function resultOf(
  plan: { readonly result: Result['tree']; readonly image: ImageDocument; readonly baseImage: ImageDocument | null },
  source: SourceFile,
  patterns: readonly string[],
): Result {
  const id = newId();
  const platform = { architecture: goArchitecture, os: 'linux' };
  const json = (value: object): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(JSON.stringify(value)));
  return {
    id,
    tree: plan.result,
    image: plan.image,
    source,
    ignored: (local) => (local === 'context' ? patterns : []),
    definition: [Uint8Array.from(Buffer.from(stringify({ 'drydock.result': id })))],
    metadata: {
      'containerimage.config': json(plan.image),
      ...(plan.baseImage && { 'containerimage.base.config': json(plan.baseImage) }),
      'refs.platforms': json({ Platforms: [{ ID: `linux/${goArchitecture}`, Platform: platform }] }),
    },
  };
}

/** Takes small files into memory. */
class TextReceiver implements Receiver {
  readonly texts = new Map<string, string>();
  bytes = 0;
  readonly #coming = new Map<number, { readonly path: string; readonly pieces: Uint8Array[] }>();

  entry({ path, kind }: Parameters<Receiver['entry']>[0], id: number): boolean {
    if (kind !== 'file') return false;
    this.#coming.set(id, { path, pieces: [] });
    return true;
  }

  data(id: number, bytes: Uint8Array): void {
    this.bytes += bytes.length;
    if (this.bytes > 2 * maxDockerfileBytes)
      throw new GrpcError(codes.resourceExhausted, `a Dockerfile may have ${maxDockerfileBytes} bytes`);
    this.#coming.get(id)?.pieces.push(Uint8Array.from(bytes));
  }

  end(id: number): void {
    const { path, pieces } = this.#coming.get(id) ?? { path: '', pieces: [] };
    this.texts.set(path, Buffer.concat(pieces).toString());
  }
}

/** Small files by their paths, and the vertex that told of them. */
interface Texts {
  readonly texts: ReadonlyMap<string, string>;
  readonly vertex: string;
}

/** What buildx prints of a warning, with its excerpt. */
function warningOf(warning: Warning, { filename, text }: SourceFile, vertex: string) {
  const { description, url } = rules[warning.rule];
  return {
    vertex,
    level: 1n,
    short: Uint8Array.from(Buffer.from(shortWarning(warning))),
    detail: [Uint8Array.from(Buffer.from(description))],
    url,
    info: { filename, data: Uint8Array.from(Buffer.from(text)), language: 'Dockerfile' },
    ranges: warning.location ? [...rangesOf(warning.location, maxWarningRanges)] : [],
  };
}

const maxWarningRanges = 100;

async function receiveTexts(build: Build<Result>, name: string, what: string, wanted: FilesWanted): Promise<Texts> {
  const vertex = build.progress.vertex({ digest: digestOf(`${newId()} ${name}`), name, inputs: [] });
  vertex.start();
  try {
    const receiver = new TextReceiver();
    const session = await build.session();
    const status = vertex.status(`transferring ${what}:`, 'transferring');
    await receiveFiles(session, wanted, receiver, build.signal);
    // BuildKit counts what ends its packets too.
    status.done(receiver.bytes + 2);
    vertex.complete();
    return { texts: receiver.texts, vertex: vertex.digest };
  } catch (error) {
    vertex.fail(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

function receiveDockerfile(build: Build<Result>, directory: string, filename: string): Promise<Texts> {
  return receiveTexts(build, `[internal] load build definition from ${filename}`, 'dockerfile', {
    directory,
    followed: [filename, `${filename}.dockerignore`],
    included: [],
    excluded: [],
  });
}

/** Reads the patterns when they are asked for first. `own`: what the Dockerfile's own ignore file says, which goes first. */
function ignoreOf(build: Build<Result>, directory: string, own: string | undefined): () => Promise<readonly string[]> {
  let patterns: Promise<readonly string[]> | null = null;
  const read = async (): Promise<readonly string[]> => {
    if (own !== undefined) return parseIgnoreFile(own);
    const { texts: files } = await receiveTexts(build, '[internal] load .dockerignore', 'context', {
      directory,
      followed: ['.dockerignore'],
      included: [],
      excluded: [],
    });
    return parseIgnoreFile(files.get('.dockerignore') ?? '');
  };
  return () => {
    patterns ??= read();
    return patterns;
  };
}

/** An image that the host has, or else pulls. */
async function resolveImage(
  host: ContainerHost,
  build: Build<Result>,
  { reference, name }: ImageRequest,
): Promise<ResolvedImage> {
  const vertex = build.progress.vertex({ digest: digestOf(`${newId()} ${name}`), name, inputs: [] });
  vertex.start();
  try {
    const document = await documentOf(host, reference, build.signal);
    vertex.complete();
    return { digest: null, document };
  } catch (error) {
    vertex.fail(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

async function documentOf(host: ContainerHost, reference: string, signal: AbortSignal): Promise<ImageDocument> {
  const { builds } = host.images;
  try {
    return builds.document(reference);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'notFound') throw error;
  }
  const cut = reference.lastIndexOf(':');
  const [repository, tag] = [reference.slice(0, cut), reference.slice(cut + 1)];
  for await (const _ of await host.images.pull(repository, tag, { signal }));
  return builds.document(reference);
}
