// A directory of the client's that holds blobs by their digests (an OCI layout), which its session serves under a name.

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { codes, GrpcError } from '../grpc/status.ts';
import {
  ContentInfoRequestSchema,
  ContentInfoResponseSchema,
  ReadContentRequestSchema,
  ReadContentResponseSchema,
  WriteContentRequestSchema,
  WriteContentResponseSchema,
} from '../messages/content_pb.ts';
import type { Session } from '../sessions.ts';

const service = '/containerd.services.content.v1.Content';
const pieceBytes = 512 * 1024;

const actions = { stat: 0, write: 1, commit: 2 } as const;

export interface Sized {
  readonly digest: string;
  readonly size: number;
}

export class ClientContent {
  readonly #session: Session;
  readonly #headers: Record<string, string>;
  readonly #signal: AbortSignal;

  /** `store` is the client's name for it. Throws unavailable where the client has none. */
  constructor(session: Session, store: string, signal: AbortSignal) {
    if (!session.serves(`${service}/Read`))
      throw new GrpcError(codes.unavailable, 'the client has no directory of blobs');
    this.#session = session;
    this.#headers = { 'buildkit-attachable-store-id': store };
    this.#signal = signal;
  }

  async #has({ digest }: Sized): Promise<boolean> {
    try {
      using call = this.#session.call(`${service}/Info`, this.#headers, this.#signal);
      await call.send(ContentInfoRequestSchema, { digest });
      call.end();
      for await (const { info } of call.messages(ContentInfoResponseSchema)) return info?.digest === digest;
      return false;
    } catch (error) {
      if (error instanceof GrpcError && error.code === codes.notFound) return false;
      throw error;
    }
  }

  /** Gives the client a blob, which it may have. */
  async write(blob: Sized, content: { readonly path: string } | { readonly bytes: Uint8Array }): Promise<void> {
    if (await this.#has(blob)) return;
    const { digest, size } = blob;
    using call = this.#session.call(`${service}/Write`, this.#headers, this.#signal);
    const answers = call.messages(WriteContentResponseSchema);
    const common = { ref: `drydock-${randomUUID()}`, total: BigInt(size), expected: digest };
    const say = async (message: object): Promise<bigint> => {
      await call.send(WriteContentRequestSchema, { ...common, ...message });
      const { value, done } = await answers.next();
      if (done) throw new GrpcError(codes.unavailable, 'the client has ended the transfer');
      return value.offset;
    };
    try {
      // What a transfer cut short has left is begun anew.
      await say({ action: actions.stat });
      let offset = 0;
      const pieces =
        'path' in content ? createReadStream(content.path, { highWaterMark: pieceBytes }) : chunksOf(content.bytes);
      for await (const piece of pieces as AsyncIterable<Uint8Array>) {
        await say({ action: actions.write, offset: BigInt(offset), data: Uint8Array.from(piece) });
        offset += piece.length;
      }
      await say({ action: actions.commit, offset: BigInt(offset) });
    } catch (error) {
      if (!(error instanceof GrpcError) || error.code !== codes.alreadyExists) throw error;
    }
  }

  /** Writes a blob of the client's into a new file, verified. Throws dataLoss's words for another content, and what the client says. */
  async readInto({ digest, size }: Sized, path: string): Promise<void> {
    // Before the call: what comes and ends while nobody reads is lost.
    await using file = await open(path, 'wx', 0o600);
    using call = this.#session.call(`${service}/Read`, this.#headers, this.#signal);
    await call.send(ReadContentRequestSchema, { digest });
    call.end();
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const { data } of call.messages(ReadContentResponseSchema)) {
      bytes += data.length;
      if (bytes > size) break;
      hash.update(data);
      await file.writeFile(data);
    }
    if (bytes !== size || `sha256:${hash.digest('hex')}` !== digest)
      throw new GrpcError(codes.unknown, `the client's blob ${digest} is not what its digest says`);
  }

  /** A small blob, verified. */
  async read({ digest }: Pick<Sized, 'digest'>, maxBytes: number): Promise<Buffer> {
    using call = this.#session.call(`${service}/Read`, this.#headers, this.#signal);
    await call.send(ReadContentRequestSchema, { digest });
    call.end();
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const { data } of call.messages(ReadContentResponseSchema)) {
      bytes += data.length;
      if (bytes > maxBytes) throw new GrpcError(codes.unknown, `blob ${digest} is too large (${bytes} > ${maxBytes})`);
      pieces.push(data);
    }
    const content = Buffer.concat(pieces);
    if (`sha256:${createHash('sha256').update(content).digest('hex')}` !== digest)
      throw new GrpcError(codes.unknown, `the client's blob ${digest} is not what its digest says`);
    return content;
  }
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
