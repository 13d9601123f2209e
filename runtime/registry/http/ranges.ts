// Ranges of bytes: of a blob that is read (RFC 9110 §14), and of an upload that is sent (distribution-spec "Pushing a blob in chunks").

import { Refusal } from '../refusal.ts';

export interface ByteRange {
  readonly start: number;
  /** Within. */
  readonly end: number;
}

/**
 * What of `size` bytes a header `Range` asks for, clipped to what there is; null where that is all: no header, several ranges, or one
 * that is none, which a server ignores. Throws RANGE_INVALID where there is nothing of it.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | null {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(' ', '') ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start <= end) return { start, end };
  throw new Refusal('RANGE_INVALID', {
    message: 'the range asks for nothing of the blob',
    detail: { range: header, size },
    headers: { 'Content-Range': `bytes */${size}` },
  });
}

/** Where a header `Content-Range` of an upload says that its bytes stand: `0-99`. Null without one. Throws BLOB_UPLOAD_INVALID. */
export function chunkOf(header: string | undefined): ByteRange | null {
  if (header === undefined) return null;
  const [, first = '', last = ''] = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/.*)?$/.exec(header.trim()) ?? [];
  const [start, end] = [Number(first), Number(last)];
  if (first !== '' && end >= start) return { start, end };
  throw new Refusal('BLOB_UPLOAD_INVALID', {
    message: 'the header Content-Range is not START-END',
    detail: { contentRange: header.slice(0, 100) },
  });
}

/** How much of an upload is there, as the header `Range` of an answer; distribution says `0-0` for nothing too. */
export function receivedRange(size: number): string {
  return `0-${Math.max(0, size - 1)}`;
}
