// What tests push: blobs, and manifests that name them.

import assert from 'node:assert/strict';
import { mediaTypes } from '../../../runtime/registry/media-types.ts';
import { type Answer, sha256 } from '../../support/own-registry.ts';
import type { Served } from './contenders.ts';

export { mediaTypes };

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const descriptorOf = (
  content: string | Uint8Array,
  mediaType: string,
  digest = sha256(content),
): Descriptor => ({
  mediaType,
  digest,
  size: Buffer.byteLength(content),
});

/** Where an upload is told that it is whole. */
export function closing(location: string, digest: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`;
}

export async function pushBlob(
  served: Pick<Served, 'ask'>,
  repository: string,
  content: string | Uint8Array,
): Promise<string> {
  const digest = sha256(content);
  const begun = await served.ask(`POST /v2/${repository}/blobs/uploads/`);
  assert.equal(begun.status, 202, begun.body.toString());
  const pushed = await served.ask(`PUT ${closing(begun.header('location'), digest)}`, {
    body: content,
    headers: { 'Content-Type': 'application/octet-stream' },
  });
  assert.equal(pushed.status, 201, pushed.body.toString());
  return digest;
}

/** The text of an image's manifest, whose config and layers hold these texts. They are pushed. */
export async function pushParts(
  served: Pick<Served, 'ask'>,
  repository: string,
  layers: readonly string[],
  more: object = {},
): Promise<string> {
  const config = '{}';
  for (const content of [config, ...layers]) await pushBlob(served, repository, content);
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((layer) => descriptorOf(layer, 'application/vnd.oci.image.layer.v1.tar')),
    ...more,
  });
}

/** Pushes a manifest as it is; its digest. */
export async function pushManifest(
  served: Pick<Served, 'ask'>,
  repository: string,
  reference: string,
  text: string,
  type: string = mediaTypes.ociManifest,
): Promise<string> {
  const pushed = await served.ask(`PUT /v2/${repository}/manifests/${reference}`, {
    headers: { 'Content-Type': type },
    body: text,
  });
  assert.equal(pushed.status, 201, pushed.body.toString());
  return pushed.header('docker-content-digest');
}

/** The code of the one error that an answer tells, which has a message too. */
export function codeOf(answer: Answer): string {
  const { errors } = answer.json() as { errors: { code: string; message: string }[] };
  assert.equal(errors.length, 1);
  assert.ok(errors[0]?.message);
  return errors[0].code;
}
