// What clients ask of the build history: the records, changes of them, and the blobs that they name.

import { open } from 'node:fs/promises';
import { type Method, streaming, unary } from '../grpc/serve.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import {
  ContentInfoRequestSchema,
  ContentInfoResponseSchema,
  ReadContentRequestSchema,
  ReadContentResponseSchema,
} from '../messages/content_pb.ts';
import {
  BuildHistoryEventSchema,
  type BuildHistoryRequest,
  BuildHistoryRequestSchema,
  UpdateBuildHistoryRequestSchema,
  UpdateBuildHistoryResponseSchema,
} from '../messages/control_pb.ts';
import type { BuildHistory, HistoryEvent, HistoryRecord } from './build-history.ts';

const control = '/moby.buildkit.v1.Control';
const content = '/containerd.services.content.v1.Content';
const types = { started: 0, complete: 1, deleted: 2 } as const;
const pieceBytes = 64 * 1024;
/** Events that a client has not taken yet; one that takes none is told no more. */
const maxWaiting = 1000;

export function historyMethods(history: BuildHistory): readonly (readonly [string, Method])[] {
  return [
    [
      `${control}/ListenBuildHistory`,
      Object.assign(
        streaming(BuildHistoryRequestSchema, BuildHistoryEventSchema, (request, { signal }) =>
          listened(history, request, signal),
        ),
        // By which a client tells how long a build has gone on.
        { headers: () => ({ 'buildkit-current-timestamp': new Date().toISOString() }) },
      ),
    ],
    [
      `${control}/UpdateBuildHistory`,
      unary(UpdateBuildHistoryRequestSchema, UpdateBuildHistoryResponseSchema, async (request) => {
        if (request.delete) await history.remove(request.ref);
        else if (!request.finalize) await history.pin(request.ref, request.pinned);
        return {};
      }),
    ],
    [
      `${content}/Info`,
      unary(ContentInfoRequestSchema, ContentInfoResponseSchema, async ({ digest }) => {
        const { size } = await blobOf(history, digest);
        return { info: { digest, size: BigInt(size) } };
      }),
    ],
    [
      `${content}/Read`,
      streaming(ReadContentRequestSchema, ReadContentResponseSchema, async function* ({ digest, offset, size }) {
        const { path, size: all } = await blobOf(history, digest);
        await using file = await open(path, 'r');
        const end = size > 0n ? Math.min(all, Number(offset + size)) : all;
        for (let at = Number(offset); at < end; ) {
          const piece = new Uint8Array(Math.min(pieceBytes, end - at));
          const { bytesRead } = await file.read(piece, 0, piece.length, at);
          if (bytesRead === 0) return;
          yield { offset: BigInt(at), data: piece.subarray(0, bytesRead) };
          at += bytesRead;
        }
      }),
    ],
  ];
}

async function blobOf(history: BuildHistory, digest: string) {
  const blob = await history.blob(digest);
  if (!blob) throw new GrpcError(codes.notFound, `content ${digest.slice(0, 100)}: not found`);
  return blob;
}

/** What there is, and unless it is to exit early, what comes. Filters are applied by the clients as well: by them alone here. */
async function* listened(
  history: BuildHistory,
  { activeOnly, ref, earlyExit, limit }: BuildHistoryRequest,
  signal: AbortSignal,
) {
  const waiting: HistoryEvent[] = [];
  let wake = (): void => undefined;
  const stop = history.listen((event) => {
    if (waiting.length < maxWaiting) waiting.push(event);
    wake();
  });
  signal.addEventListener('abort', () => wake());
  const isMeant = (one: string): boolean => ref === '' || one === ref;
  try {
    const { active, stored } = await history.all();
    const records: (readonly [number, HistoryRecord])[] = [
      ...active.map((record) => [types.started, record] as const),
      ...(activeOnly ? [] : stored.map((record) => [types.complete, record] as const)),
    ];
    const meant = records.filter(([, record]) => isMeant(record.ref));
    for (const [type, record] of limit > 0 ? meant.slice(0, limit) : meant) yield { type, record };
    while (!earlyExit && !signal.aborted) {
      const event = waiting.shift();
      if (!event) await new Promise<void>((resolve) => (wake = resolve));
      else if (event.kind === 'deleted') {
        if (isMeant(event.ref)) yield { type: types.deleted, record: { ref: event.ref } };
      } else if (isMeant(event.record.ref)) yield { type: types[event.kind], record: event.record };
    }
  } finally {
    stop();
  }
}
