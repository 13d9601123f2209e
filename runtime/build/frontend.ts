// The frontend `dockerfile.v0`: reads the Dockerfile that the client has, and plans what to do. Nothing is built yet.

import type { ContainerHost } from '../containers/container.ts';
import { goArchitecture } from '../images/architecture.ts';
import { maxPlatforms } from '../limits.ts';
import { digestOf } from '../store/blobs.ts';
import { answerCall } from './answer-call.ts';
import { BaseImages } from './base-images.ts';
import { type Build, newId } from './builds.ts';
import { cacheImports } from './cache/cache-entries.ts';
import { importCaches } from './cache/import-caches.ts';
import { ClientFiles } from './client-files.ts';
import { definitionOf } from './definitions.ts';
import type { BuiltLayer } from './execute/made.ts';
import type { SentFiles } from './execute/sent-files.ts';
import { stepSettings } from './execute/step-settings.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { parseBoolean } from './language/go-text.ts';
import { platformOf } from './language/image-document.ts';
import { shortWarning, type Warning } from './language/lint.ts';
import { rules } from './language/lint-rules.ts';
import { buildOptions } from './language/options.ts';
import { type Plan, planBuild, stagesOf } from './language/plan/build-plan.ts';
import type { ImageRequest, ResolvedImage, Surroundings } from './language/plan/context.ts';
import { formatPlatform, normalPlatform } from './language/platforms.ts';
import { rangesOf } from './language/source.ts';
import { stepsOf } from './language/steps.ts';
import { ofLanguage } from './located.ts';
import type { Definition } from './messages/shared_pb.ts';
import { checkAttributes, checkFrontend, checkKind } from './refusals.ts';
import { dockerfileIn, type RemoteContext, remoteContext } from './remote-context.ts';
import type { Answer, Input, Planned, Result, SourceFile } from './result.ts';
import type { FrontendRequest } from './served-builder.ts';

/** What a frontend needs beside the request. */
export interface FrontendParts {
  readonly host: ContainerHost;
  readonly build: Build<Result>;
  /** Finds the result of another build. */
  readonly inputOf: (definition: Definition) => Promise<Input>;
  readonly sentFiles: SentFiles;
  /** A context that is there already; null, or left out, for what the request names. */
  readonly given?: RemoteContext | null;
}

/** A result, or what a client wanted to know. Throws GrpcError, in BuildKit's words. */
export async function solveDockerfile(
  { host, build, inputOf, sentFiles, given = null }: FrontendParts,
  request: FrontendRequest,
): Promise<Planned | Answer> {
  checkKind(request.frontend);
  const attributes = new Map(Object.entries(request.options));
  checkAttributes(attributes);
  const imports = cacheImports(attributes, [...build.imports, ...request.imports]);
  const files = new ClientFiles(build, attributes);
  const keepGitDir = attributes.get('build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR') ?? '';
  const archive =
    given ??
    (await remoteContext(
      attributes.get(attributes.get('contextkey') ?? 'context') ?? '',
      parseBoolean(keepGitDir) ?? false,
      { host, build, sentFiles },
    ));
  // The client may have a Dockerfile of its own for a context that is elsewhere.
  const isWithin = archive !== null && !attributes.has('dockerfilekey');
  const filename = (isWithin ? archive.filename : null) ?? (attributes.get('filename') || 'Dockerfile');
  const { texts, vertex } = isWithin
    ? { texts: await dockerfileIn(archive, filename, sentFiles, build.signal), vertex: archive.vertex }
    : await files.dockerfile(filename);
  const text = texts.get(filename);
  if (text === undefined)
    throw new GrpcError(codes.unknown, `failed to read dockerfile: open ${filename}: no such file or directory`);
  files.ownIgnoreFile = texts.get(`${filename}.dockerignore`) ?? null;
  const source: SourceFile = { filename, text };
  const inputs = new Map<string, readonly BuiltLayer[]>();
  try {
    checkFrontend(text, attributes);
    const options = buildOptions(attributes, { os: 'linux', architecture: goArchitecture });
    const remote = importCaches(host, build, attributes.has('requestid') ? [] : imports);
    const isAlwaysPulled = attributes.get('image-resolve-mode') === 'pull';
    const bases = new BaseImages(host, build, remote, isAlwaysPulled);
    const resolved = new Map<string, Promise<ResolvedImage>>();
    const surroundings: Surroundings = {
      // Progress tells once of an image that several stages begin with.
      resolveImage: (wanted) => {
        const key = `${wanted.name} ${wanted.reference}`;
        const found = resolved.get(key) ?? resolveImage(build, bases, wanted);
        resolved.set(key, found);
        return found;
      },
      resolveInput: async (name) => {
        const definition = Object.hasOwn(request.inputs, name) ? request.inputs[name] : undefined;
        if (!definition) throw new GrpcError(codes.unknown, `invalid input ${name.slice(0, 100)}: it was not sent`);
        const { layers, image } = await inputOf(definition);
        inputs.set(name, layers);
        return image;
      },
      ignorePatterns: () => files.ignorePatterns(),
      // Also where nothing of the context is taken: BuildKit does, and its progress tells.
      imagesResolved: async () => {
        if (archive === null) await files.ignorePatterns();
      },
      pause: () => host.turns.next('plan a build'),
    };
    const data = Uint8Array.from(Buffer.from(text)); // once for all that are told of it
    const warn = (warning: Warning): void => {
      build.progress.warn(warningOf(warning, { filename, data }, vertex));
      build.progress.watcher?.warned(warning.rule, warning.message, warning.location?.first ?? null);
    };
    const planned = { text, options, mainContext: archive?.step ?? null, allStages: false, warn };
    const platforms = options.platforms.length === 0 ? [null] : options.platforms;
    if (platforms.length > maxPlatforms)
      throw new GrpcError(codes.resourceExhausted, `a build may be for ${maxPlatforms} platforms`);
    const call = attributes.get('requestid');
    if (call !== undefined)
      return await answerCall(call, { ...planned, platform: platforms[0] ?? null }, source, surroundings);
    const settings = stepSettings(attributes);
    const plans: Plan[] = [];
    for (const [place, platform] of platforms.entries()) {
      // What is wrong is wrong for each of them.
      const own = place === 0 ? {} : { warn: () => undefined };
      const plan = await planBuild({ ...planned, ...own, platform }, surroundings);
      checkEntitlements(plan, build.entitlements);
      plans.push(plan);
    }
    const [first] = plans;
    if (first) build.progress.watcher?.planned(stagesOf(first));
    const parts = { source, files, inputs, archive, settings, remote, epoch: options.epoch };
    const results = plans.map((plan, place) => resultOf(plan, { ...parts, place }));
    return { results, isIndex: options.isMultiPlatform, metadata: metadataOf(results, plans, options.isMultiPlatform) };
  } catch (error) {
    throw ofLanguage(error, source);
  }
}

/** What a client must ask for by itself (`--allow`), since it may be more than the author of a Dockerfile should have. */
function checkEntitlements({ result }: Plan, entitlements: ReadonlySet<string>): void {
  const usesHost = stepsOf(result).some((step) => step.kind === 'run' && step.network === 'host');
  if (usesHost && !entitlements.has('network.host'))
    throw new GrpcError(codes.unknown, 'failed to load LLB: network.host is not allowed');
}

function resultOf(
  { result: tree, image }: Plan,
  {
    files,
    ...rest
  }: Pick<Result, 'inputs' | 'archive' | 'remote' | 'place' | 'settings' | 'epoch'> & {
    source: SourceFile;
    files: ClientFiles;
  },
): Result {
  const id = newId();
  return {
    ...rest,
    id,
    tree,
    image,
    platform: normalPlatform(platformOf(image)),
    directory: (local, isNamed) => files.directory(local, isNamed),
    definition: definitionOf(id),
  };
}

const json = (value: object): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(JSON.stringify(value)));

/** What clients are told of results. Of several each has its platform behind the name. */
function metadataOf(results: readonly Result[], plans: readonly Plan[], isIndex: boolean): Planned['metadata'] {
  const named = results.map((result) => ({ ID: formatPlatform(result.platform), Platform: result.platform }));
  const entries = results.flatMap(({ image }, place): [string, object][] => {
    const suffix = isIndex ? `/${named[place]?.ID}` : '';
    const baseImage = plans[place]?.baseImage;
    return [
      [`containerimage.config${suffix}`, image],
      ...(baseImage ? [[`containerimage.base.config${suffix}`, baseImage] as [string, object]] : []),
    ];
  });
  const all: [string, object][] = [...entries, ['refs.platforms', { Platforms: named }]];
  return Object.fromEntries(all.map(([name, value]) => [name, json(value)]));
}

/** What buildx prints of a warning, with its excerpt. */
function warningOf(
  warning: Warning,
  { filename, data }: { readonly filename: string; readonly data: Uint8Array<ArrayBuffer> },
  vertex: string,
) {
  const { description, url } = rules[warning.rule];
  return {
    vertex,
    level: 1n,
    short: Uint8Array.from(Buffer.from(shortWarning(warning))),
    detail: [Uint8Array.from(Buffer.from(description))],
    url,
    info: { filename, data, language: 'Dockerfile' },
    ranges: warning.location ? [...rangesOf(warning.location, maxWarningRanges)] : [],
  };
}

const maxWarningRanges = 100;

/** An image that the host has, or a registry. */
async function resolveImage(
  build: Build<Result>,
  bases: BaseImages,
  { name, ...wanted }: ImageRequest,
): Promise<ResolvedImage> {
  const vertex = build.progress.vertex({ digest: digestOf(`${newId()} ${name}`), name, inputs: [] });
  vertex.start();
  try {
    const found = await bases.find(wanted);
    vertex.complete();
    return found;
  } catch (error) {
    vertex.fail(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
