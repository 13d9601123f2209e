// What an archive for `docker load` says that it holds: as `docker save` writes it (manifest.json), or an OCI image layout.

import { z } from 'zod';
import { goArchitecture } from '../catalogue/configuration.ts';
import { EngineError } from '../errors.ts';
import { maxLayers, maxManifestBytes } from '../limits.ts';
import { checkDigest, digestOf } from '../store/blobs.ts';
import type { Upload, UploadedFile } from './upload.ts';

/** An image in an archive, before anything of it has been checked but its form. */
export interface ArchivedImage {
  readonly configuration: string;
  readonly layers: readonly ArchivedLayer[];
  /** References as the archive spells them. */
  readonly names: readonly string[];
}

export interface ArchivedLayer {
  readonly file: UploadedFile;
  /** What the file must hash to; null where the archive does not say. */
  readonly digest: string | null;
}

const dockerManifestSchema = z
  .array(
    z.object({
      Config: z.string(),
      RepoTags: z.array(z.string()).nullish(),
      Layers: z.array(z.string()).max(maxLayers),
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

/** Throws invalid, saying what is wrong with the archive. */
export async function readImageArchive(upload: Upload): Promise<ArchivedImage[]> {
  if (upload.has('manifest.json')) return readDockerArchive(upload);
  if (upload.has('index.json')) return readLayout(upload, 'index.json', null, [], 0);
  throw new EngineError('invalid', 'the archive holds no images: it has neither manifest.json nor index.json');
}

async function readDockerArchive(upload: Upload): Promise<ArchivedImage[]> {
  const manifest = parse(dockerManifestSchema, await upload.text('manifest.json', maxManifestBytes), 'manifest.json');
  return Promise.all(
    manifest.map(async ({ Config, RepoTags, Layers }) => ({
      configuration: await upload.text(Config, maxManifestBytes),
      layers: Layers.map((name) => ({ file: upload.file(name), digest: null })),
      names: RepoTags ?? [],
    })),
  );
}

async function readLayout(
  upload: Upload,
  file: string,
  digest: string | null,
  names: readonly string[],
  depth: number,
): Promise<ArchivedImage[]> {
  if (depth > maxIndexDepth) throw new EngineError('invalid', 'its indexes are nested too deeply');
  const text = await upload.text(file, maxManifestBytes);
  if (digest !== null && digestOf(text) !== digest) {
    throw new EngineError('dataLoss', `${file} has the digest ${digestOf(text)}, not ${digest}`);
  }
  const document = parse(z.looseObject({}), text, file);
  // SECURITY.md B03: one document must not be read as a manifest here and as an index there.
  if ('manifests' in document && ('layers' in document || 'config' in document)) {
    throw new EngineError('invalid', `${file} is both an index and a manifest`);
  }
  if (!('manifests' in document)) return [await readManifest(upload, text, file, names)];
  const images: ArchivedImage[] = [];
  for (const one of parse(indexSchema, text, file).manifests) {
    const { platform, annotations = {} } = one;
    if (platform && (platform.os !== 'linux' || platform.architecture !== goArchitecture)) continue;
    const name = annotations[nameAnnotation] ?? annotations[refAnnotation];
    const below = name === undefined ? names : [name];
    images.push(...(await readLayout(upload, blobPath(one.digest), one.digest, below, depth + 1)));
  }
  return images;
}

async function readManifest(
  upload: Upload,
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
  return { configuration, layers, names };
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
  if (!parsed.success) throw new EngineError('invalid', `${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
