// `push=true`: an image, or one for each platform, goes to a registry: first its layers, then what names them, the tag last.

import type { ContainerHost } from '../../containers/container.ts';
import { canonical, type Reference } from '../../images/reference.ts';
import type { RegistrySession } from '../../images/registry-session.ts';
import type { LiveMove } from '../../images/traffic.ts';
import { maxBlobsGoing } from '../../limits.ts';
import { Turnstile } from '../../turnstile.ts';
import type { Build } from '../builds.ts';
import type { Vertex } from '../progress.ts';
import type { Result } from '../result.ts';
import { credentialsOf } from '../session-credentials.ts';
import type { Document } from './documents.ts';
import { type LayerFile, uploadOf } from './layer-files.ts';

/** What is sent. */
export interface Sending {
  readonly layers: readonly LayerFile[];
  /** Configurations. */
  readonly blobs: readonly Document[];
  /** Each behind those that it names: the last one is what the tag means. */
  readonly manifests: readonly Document[];
}

/** Throws what the registry says. */
export async function pushImage(
  host: ContainerHost,
  build: Build<Result>,
  vertex: Vertex,
  {
    reference,
    imageId,
    isByDigest,
  }: { readonly reference: Reference; readonly imageId: string; readonly isByDigest: boolean },
  sending: Sending,
): Promise<void> {
  const { exchange } = host.images.builds;
  const credentials = await credentialsOf(build, reference.domain);
  await using session = await exchange.openRegistry(reference, 'pull,push', { credentials, signal: build.signal });
  using move = exchange.depart({
    registry: reference.domain,
    repository: reference.path,
    reference: reference.tag ?? '',
    imageId,
    diffIds: sending.layers.map(({ diffId }) => diffId),
  });
  const pushing = vertex.status('pushing layers');
  await sendBlobs(host, session, reference, sending, move);
  pushing.done();
  const top = sending.manifests.at(-1);
  if (!top) return;
  const naming = vertex.status(`pushing manifest for ${canonical(reference)}@${top.digest}`);
  for (const manifest of sending.manifests) {
    const isNamed = manifest === top && !isByDigest;
    const asked = isNamed ? (reference.tag ?? manifest.digest) : manifest.digest;
    await session.client.ask('manifest', { reference: asked, mediaType: manifest.mediaType, text: manifest.text });
  }
  naming.done();
  exchange.sent(reference, imageId, top.digest);
  move.arrived(top.digest);
}

/** Several at a time. Those that the registry has stay where they are. */
export async function sendBlobs(
  host: ContainerHost,
  session: RegistrySession,
  reference: Reference,
  { layers, blobs }: Pick<Sending, 'layers' | 'blobs'>,
  move: LiveMove | null,
): Promise<void> {
  const { exchange } = host.images.builds;
  const going = new Turnstile({ perKey: maxBlobsGoing, inAll: maxBlobsGoing });
  const first = new Map(layers.map((layer) => [layer.digest, layer]));
  const kinds = { there: 'there', mounted: 'elsewhere', sent: 'moved' } as const;
  const sent = [...first.values()].map((layer) =>
    going.pass('', async () => {
      const { diffId, size } = layer;
      move?.layer(diffId, { bytes: size, state: 'moving' });
      const mountFrom = exchange.repositoriesWith(diffId, reference);
      const { kind } = await session.client.ask(
        'upload',
        { ...uploadOf(layer), mountFrom },
        { onBytes: (movedBytes) => move?.layer(diffId, { movedBytes }) },
      );
      move?.layer(diffId, { movedBytes: kind === 'sent' ? size : 0, state: kinds[kind] });
    }),
  );
  const others = blobs.map(({ digest, size, text }) =>
    session.client.ask('upload', { blob: { digest, size }, content: { bytes: Buffer.from(text) }, mountFrom: [] }),
  );
  await Promise.all([...sent, ...others]);
}
