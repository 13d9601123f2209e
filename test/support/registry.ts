// A registry in the test's own process, which says what the test wants: it is small enough to lie in every way. What a real one does is
// asked of docker-registry (test/runtime/registries/docker-registry.test.ts).

import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../runtime/store/blobs.ts';
import { tarOf } from './tar.ts';

/** Answers a request, or leaves it to the registry (false). */
export type Hook = (request: http.IncomingMessage, response: http.ServerResponse) => boolean;

export interface RegistryDocument {
  readonly type: string;
  readonly body: Buffer;
}

export const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

export interface MadeImage {
  readonly digest: string;
  readonly imageId: string;
  /** Compressed, base first. */
  readonly layers: readonly Buffer[];
}

export interface ImageOptions {
  /** The layers' blobs of these tars. */
  readonly compress?: (tar: Buffer, n: number) => Buffer;
  /** What the manifest says in other ways than it is. */
  readonly manifest?: object;
  readonly configuration?: object;
  readonly layerType?: string;
}

export class TestRegistry implements AsyncDisposable {
  /** By `REPOSITORY:TAG` and `REPOSITORY@DIGEST`. */
  readonly manifests = new Map<string, RegistryDocument>();
  /** By `REPOSITORY@DIGEST`. */
  readonly blobs = new Map<string, Buffer>();
  /** `GET /v2/`, in order. */
  readonly requests: string[] = [];
  /** The `Authorization` of each, empty where it had none. */
  readonly authorizations: string[] = [];
  hook: Hook = () => false;
  readonly #server: http.Server;
  readonly #uploads = new Map<string, Buffer>();

  private constructor(server: http.Server) {
    this.#server = server;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  /** On a free port of 127.0.0.1, or on a socket that is bound already; with TLS where it has a key. */
  static async open(fd?: number, tls?: { readonly key: string; readonly cert: string }): Promise<TestRegistry> {
    const server = tls ? https.createServer(tls) : http.createServer();
    server.listen(fd === undefined ? { port: 0, host: '127.0.0.1' } : { fd });
    await once(server, 'listening');
    return new TestRegistry(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
  get domain(): string {
    return `127.0.0.1:${this.port}`;
  }
  get url(): string {
    return `http://${this.domain}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  putBlob(repository: string, blob: Buffer): string {
    const digest = digestOf(blob);
    this.blobs.set(`${repository}@${digest}`, blob);
    return digest;
  }

  putManifest(repository: string, tag: string, type: string, document: object): string {
    const body = Buffer.from(JSON.stringify(document));
    const digest = digestOf(body);
    this.manifests.set(`${repository}:${tag}`, { type, body });
    this.manifests.set(`${repository}@${digest}`, { type, body });
    return digest;
  }

  /** An image whose layers hold one file each, with these texts. */
  async putImage(
    repository: string,
    tag: string,
    texts: readonly string[],
    options: ImageOptions = {},
  ): Promise<MadeImage> {
    const { compress = (tar: Buffer) => gzipSync(tar) } = options;
    const tars = await Promise.all(texts.map((text, n) => tarOf([[{ name: `file-${n}` }, text]])));
    const layers = tars.map((tar, n) => compress(tar, n));
    const configuration = Buffer.from(
      JSON.stringify({
        architecture,
        os: 'linux',
        config: { Cmd: ['/x'] },
        rootfs: { type: 'layers', diff_ids: tars.map(digestOf) },
        history: [],
        ...options.configuration,
      }),
    );
    const imageId = this.putBlob(repository, configuration);
    const mediaType = options.layerType ?? types.layer;
    const descriptors = layers.map((layer) => ({
      mediaType,
      digest: this.putBlob(repository, layer),
      size: layer.length,
    }));
    const digest = this.putManifest(repository, tag, types.manifest, {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, digest: imageId, size: configuration.length },
      layers: descriptors,
      ...options.manifest,
    });
    return { digest, imageId, layers };
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const { method = '', url = '' } = request;
    this.requests.push(`${method} ${url}`);
    this.authorizations.push(request.headers.authorization ?? '');
    if (this.hook(request, response)) return;
    const { pathname, searchParams } = new URL(url, this.url);
    if (pathname === '/v2/') return say(response, 200, {}, '{}');
    const [, repository = '', noun = '', name = ''] =
      /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs|tags)\/([^/]*)$/.exec(pathname) ?? [];
    if (noun === 'manifests' && method === 'PUT') return await this.#takeManifest(request, response, repository, name);
    if (noun === 'manifests') return this.#giveManifest(response, repository, name);
    if (noun === 'blobs/uploads') return await this.#takeUpload(request, response, { repository, name, searchParams });
    if (noun === 'blobs') return this.#giveBlob(request, response, repository, name);
    if (noun === 'tags') {
      const tags = [...this.manifests.keys()].flatMap((key) =>
        key.startsWith(`${repository}:`) ? key.slice(repository.length + 1) : [],
      );
      return say(response, 200, { 'Content-Type': 'application/json' }, JSON.stringify({ name: repository, tags }));
    }
    refuse(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
  }

  #giveManifest(response: http.ServerResponse, repository: string, name: string): void {
    const found = this.manifests.get(`${repository}${name.includes(':') ? '@' : ':'}${name}`);
    if (!found) refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    else say(response, 200, { 'Content-Type': found.type, 'Docker-Content-Digest': digestOf(found.body) }, found.body);
  }

  async #takeManifest(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    repository: string,
    name: string,
  ): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const digest = digestOf(body);
    const document = { type: request.headers['content-type'] ?? '', body };
    this.manifests.set(`${repository}:${name}`, document);
    this.manifests.set(`${repository}@${digest}`, document);
    say(response, 201, { 'Docker-Content-Digest': digest }, '');
  }

  #giveBlob(request: http.IncomingMessage, response: http.ServerResponse, repository: string, digest: string): void {
    const blob = this.blobs.get(`${repository}@${digest}`);
    const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    if (!blob) refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    else if (from === undefined) say(response, 200, {}, blob);
    else {
      const range = `bytes ${from}-${blob.length - 1}/${blob.length}`;
      say(response, 206, { 'Content-Range': range }, blob.subarray(Number(from)));
    }
  }

  async #takeUpload(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    { repository, name, searchParams }: { repository: string; name: string; searchParams: URLSearchParams },
  ): Promise<void> {
    const id = name === '' ? `u${this.#uploads.size + 1}` : name;
    const before = this.#uploads.get(id) ?? Buffer.alloc(0);
    const place = { Location: `/v2/${repository}/blobs/uploads/${id}` };
    if (request.method === 'POST') {
      const mounted = this.blobs.get(`${searchParams.get('from')}@${searchParams.get('mount')}`);
      if (mounted) {
        this.putBlob(repository, mounted);
        return say(response, 201, place, '');
      }
      this.#uploads.set(id, before);
      return say(response, 202, place, '');
    }
    if (request.method === 'GET')
      return say(response, 204, { ...place, Range: `0-${Math.max(0, before.length - 1)}` }, null);
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      // What has come is kept.
    }
    const all = Buffer.concat([before, ...pieces]);
    this.#uploads.set(id, all);
    if (request.method === 'PATCH') return say(response, 202, { ...place, Range: `0-${all.length - 1}` }, '');
    const digest = searchParams.get('digest') ?? '';
    if (digest !== digestOf(all))
      return refuse(response, 400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    this.putBlob(repository, all);
    say(response, 201, { 'Docker-Content-Digest': digest }, '');
  }
}

export function say(
  response: http.ServerResponse,
  status: number,
  headers: http.OutgoingHttpHeaders,
  body: string | Buffer | null,
): void {
  response.writeHead(status, { ...(body !== null && { 'Content-Length': Buffer.byteLength(body) }), ...headers });
  response.end(response.req.method === 'HEAD' || body === null ? undefined : body);
}

/** As distribution says no. */
export function refuse(response: http.ServerResponse, status: number, code: string, message: string): void {
  const body = JSON.stringify({ errors: [{ code, message, detail: null }] });
  say(response, status, { 'Content-Type': 'application/json' }, `${body}\n`);
}
