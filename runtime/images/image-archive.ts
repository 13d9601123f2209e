// What an archive for `docker load` says that it holds: as `docker save` writes it (manifest.json), or an OCI image layout.

import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { maxLayers, maxManifestBytes, maxNamesPerArchive } from '../limits.ts';
import { checkDigest, digestOf } from '../store/blobs.ts';
import { goArchitecture } from './architecture.ts';
import type { UploadedFile, UploadedFiles } from './uploaded-files.ts';

/** An image in an archive, before anything of it has been checked but its form. */
export interface ArchivedImage {
  readonly configuration: string;
  readonly configurationFile: UploadedFile;
  readonly layers: readonly ArchivedLayer[];
  /** References as the archive spells them. */
  readonly names: readonly string[];
  /** The recipe of a catalogue that it says it was made of; null for none. */
  readonly recipe: string | null;
}

export interface ArchivedLayer {
  readonly file: UploadedFile;
  /** What the file must hash to; null where the archive does not say. */
  readonly digest: string | null;
}

const dockerManifestSchema = z
  .array(
    z.object({
      Config: z.string().max(4096),
      RepoTags: z.array(z.string().max(4096)).max(maxNamesPerArchive).nullish(),
      Layers: z.array(z.string().max(4096)).max(maxLayers),
      DrydockRecipe: z.string().max(200).optional(),
    }),
  )
  .max(100);

const descriptor = z.object({
  mediaType: z.string().optional(),
  digest: z.string(),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: z.object({ architecture: z.string(), os: z.string() }).optional(),
});
const indexSchema = z.object({ manifests: z.array(descriptor).max(100) });
const manifestSchema = z.object({ config: descriptor, layers: z.array(descriptor).max(maxLayers) });
const nameAnnotation = 'io.containerd.image.name';
const refAnnotation = 'org.opencontainers.image.ref.name';
/** Indexes in indexes; buildx makes two. */
const maxIndexDepth = 3;

/** One image after the other, so that no two configurations are held at once. Throws invalid, saying what is wrong with the archive. */
export async function* readImageArchive(upload: UploadedFiles): AsyncGenerator<ArchivedImage> {
  if (upload.has('manifest.json')) yield* readDockerArchive(upload);
  else if (upload.has('index.json')) yield* readLayout(upload, 'index.json', null, [], 0);
  else throw new EngineError('invalid', 'the archive holds no images: it has neither manifest.json nor index.json');
}

async function* readDockerArchive(upload: UploadedFiles): AsyncGenerator<ArchivedImage> {
  const manifest = parse(dockerManifestSchema, await upload.text('manifest.json', maxManifestBytes), 'manifest.json');
  for (const { Config, RepoTags, Layers, DrydockRecipe } of manifest)
    yield {
      configuration: await upload.text(Config, maxManifestBytes),
      configurationFile: upload.file(Config),
      layers: Layers.map((name) => ({ file: upload.file(name), digest: null })),
      names: RepoTags ?? [],
      recipe: DrydockRecipe ?? null,
    };
}

async function* readLayout(
  upload: UploadedFiles,
  file: string,
  digest: string | null,
  names: readonly string[],
  depth: number,
): AsyncGenerator<ArchivedImage> {
  if (depth > maxIndexDepth) throw new EngineError('invalid', 'its indexes are nested too deeply');
  const text = await upload.text(file, maxManifestBytes);
  if (digest !== null && digestOf(text) !== digest) {
    throw new EngineError('dataLoss', `${file} has the digest ${digestOf(text)}, not ${digest}`);
  }
  const document = parse(z.looseObject({}), text, file);
  // B03: one document must not be read as a manifest here and as an index there.
  if ('manifests' in document && ('layers' in document || 'config' in document)) {
    throw new EngineError('invalid', `${file} is both an index and a manifest`);
  }
  if (!('manifests' in document)) {
    yield await readManifest(upload, text, file, names);
    return;
  }
  for (const one of parse(indexSchema, text, file).manifests) {
    const { platform, annotations = {} } = one;
    if (platform && (platform.os !== 'linux' || platform.architecture !== goArchitecture)) continue;
    const name = annotations[nameAnnotation] ?? annotations[refAnnotation];
    const below = name === undefined ? names : [name];
    yield* readLayout(upload, blobPath(one.digest), one.digest, below, depth + 1);
  }
}

async function readManifest(
  upload: UploadedFiles,
  text: string,
  file: string,
  names: readonly string[],
): Promise<ArchivedImage> {
  const manifest = parse(manifestSchema, text, file);
  const configuration = await upload.text(blobPath(manifest.config.digest), maxManifestBytes);
  if (digestOf(configuration) !== manifest.config.digest) {
    throw new EngineError(
      'dataLoss',
      `the configuration has the digest ${digestOf(configuration)}, not ${manifest.config.digest}`,
    );
  }
  const layers = manifest.layers.map(({ digest }) => ({ file: upload.file(blobPath(digest)), digest }));
  const configurationFile = upload.file(blobPath(manifest.config.digest));
  return { configuration, configurationFile, layers, names, recipe: null };
}

function blobPath(digest: string): string {
  return `blobs/sha256/${checkDigest(digest).slice('sha256:'.length)}`;
}

function parse<T extends z.ZodType>(schema: T, text: string, file: string): z.output<T> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new EngineError('invalid', `${file} is not JSON`, { cause: error });
  }
  const parsed = schema.safeParse(document);
  if (!parsed.success)
    throw new EngineError('invalid', `${file}: ${z.prettifyError(new z.ZodError(parsed.error.issues.slice(0, 10)))}`);
  return parsed.data;
}
