// An image that the client has as an OCI layout (`--build-context NAME=oci-layout://…`): its documents come at once, its layers when
// something is to stand on them.

import { parseConfiguration } from '../images/configuration.ts';
import { maxManifestBytes } from '../limits.ts';
import { type Descriptor, type ImageIndex, parseDocument } from '../registries/manifest.ts';
import type { Build } from './builds.ts';
import type { RemoteLayers } from './cache/remote-layers.ts';
import { codes, GrpcError } from './grpc/status.ts';
import type { ImageDocument } from './language/image-document.ts';
import { formatPlatform, type Platform } from './language/platforms.ts';
import { ClientContent } from './outputs/client-content.ts';
import type { Result } from './result.ts';

export interface LayoutRequest {
  /** What the step that stands for it calls it. */
  readonly reference: string;
  readonly digest: string;
  /** The client's name for the layout. */
  readonly layout: string;
  readonly platform: Platform;
}

/** Its configuration; `remote` knows its layers then. Throws GrpcError, what the client says, and RegistryFailure for what is no image. */
export async function layoutImage(
  build: Build<Result>,
  remote: RemoteLayers,
  { reference, digest, layout, platform }: LayoutRequest,
): Promise<ImageDocument> {
  const content = new ClientContent(await build.session(), `oci:${layout}`, build.signal);
  const read = (one: string): Promise<Buffer> => content.read({ digest: one }, maxManifestBytes);
  const top = parseDocument(await read(digest), '');
  const manifest =
    top.kind === 'index' ? parseDocument(await read(matching(top, reference, platform).digest), '') : top;
  if (manifest.kind === 'index') throw new GrpcError(codes.unknown, `${reference}: an index in an index is no image`);
  const configuration = (await read(manifest.config.digest)).toString();
  const { diffIds } = parseConfiguration(configuration);
  if (diffIds.length !== manifest.layers.length)
    throw new GrpcError(
      codes.unknown,
      `${reference}: it has ${manifest.layers.length} layers and says ${diffIds.length}`,
    );
  const layers = manifest.layers.map((descriptor, at) => ({ descriptor, diffId: diffIds[at] ?? '' }));
  remote.add(layers, { kind: 'client', content });
  remote.setBase(reference, platform, diffIds);
  return baseDocument(configuration);
}

/** Throws GrpcError in BuildKit's words. */
function matching({ manifests }: ImageIndex, reference: string, { os, architecture, variant }: Platform): Descriptor {
  const found = manifests.filter(({ platform }) => platform?.os === os && platform.architecture === architecture);
  const [best] = [...found.filter(({ platform }) => platform?.variant === (variant ?? '')), ...found];
  if (best) return best;
  const wanted = formatPlatform({ os, architecture, ...(variant !== undefined && { variant }) });
  throw new GrpcError(codes.unknown, `${reference}: no match for platform in manifest: ${wanted} is not among them`);
}

/** What is built on an image that this host does not have knows of it. Throws invalid. */
export function baseDocument(configuration: string): ImageDocument {
  const { diffIds, details, history } = parseConfiguration(configuration);
  const { created, author, config } = details;
  return {
    created,
    ...(author !== '' && { author }),
    architecture: details.architecture,
    os: details.os,
    ...(details.variant !== undefined && { variant: details.variant }),
    config: Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null)),
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: history.map(({ created, ...entry }) => ({ ...entry, ...(created != null && { created }) })),
  };
}
