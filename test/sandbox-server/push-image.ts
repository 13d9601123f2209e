// Pushes a small image to the hub at the site's address, as a program with an account's password does.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ask } from './server.ts';

export interface HubAccountSecret {
  readonly name: string;
  readonly password: string;
}

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

export interface PushedImage {
  /** Of the manifest. */
  readonly digest: string;
  readonly config: string;
  readonly layers: readonly string[];
}

/** The configuration as it goes into the image; its `history` and `config` are what the pages show. */
export async function pushImage(
  url: string,
  { name, password }: HubAccountSecret,
  image: {
    readonly repository: string;
    readonly tag: string;
    readonly layers: readonly string[];
    readonly config: object;
  },
): Promise<PushedImage> {
  const { repository, tag } = image;
  const basic = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const scope = `repository:${repository}:pull,push`;
  const token = await ask(`${url}/token?service=hub.drydock&scope=${scope}`, 'GET', {
    headers: { authorization: basic },
  });
  assert.equal(token.status, 200, token.text);
  const authorization = `Bearer ${JSON.parse(token.text).token}`;
  const send = async (method: string, path: string, type: string, body: string): Promise<void> => {
    const answer = await ask(`${url}/v2/${repository}/${path}`, method, {
      headers: { authorization, 'content-type': type, 'content-length': String(Buffer.byteLength(body)) },
      body,
    });
    assert.equal(answer.status, 201, answer.text);
  };
  const config = JSON.stringify(image.config);
  for (const blob of [config, ...image.layers])
    await send('POST', `blobs/uploads/?digest=${sha256(blob)}`, 'application/octet-stream', blob);
  const descriptor = (text: string, mediaType: string) => ({
    mediaType,
    digest: sha256(text),
    size: Buffer.byteLength(text),
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor(config, 'application/vnd.oci.image.config.v1+json'),
    layers: image.layers.map((layer) => descriptor(layer, 'application/vnd.oci.image.layer.v1.tar')),
  });
  await send('PUT', `manifests/${tag}`, 'application/vnd.oci.image.manifest.v1+json', manifest);
  return { digest: sha256(manifest), config: sha256(config), layers: image.layers.map(sha256) };
}

/** Two layers and a step without one. */
export const smallImage = {
  layers: ['the first layer', 'the second layer'],
  config: {
    os: 'linux',
    architecture: 'amd64',
    created: '2026-11-29T12:00:00Z',
    config: {
      Env: ['PATH=/bin', 'GREETING=hello'],
      Cmd: ['serve', '--now'],
      ExposedPorts: { '80/tcp': {} },
      User: 'app',
    },
    history: [
      { created_by: '/bin/sh -c #(nop) ADD file:1234 in / ' },
      { created_by: 'ENV GREETING=hello', comment: 'buildkit.dockerfile.v0', empty_layer: true },
      { created_by: 'RUN /bin/sh -c apt-get install -y nothing # buildkit', comment: 'buildkit.dockerfile.v0' },
    ],
  },
} as const;
