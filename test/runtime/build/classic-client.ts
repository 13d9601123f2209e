// A client of the classic builder, as docker-py and dockerode are: a tar is posted, and lines of JSON come back.

import http from 'node:http';
import { type Entry, tarOf } from '../../support/tar.ts';

export interface ClassicAnswer {
  readonly status: number;
  /** What it says, and its error, with a sign in place of each ID. */
  readonly said: string;
  readonly lines: readonly Record<string, unknown>[];
}

export interface ClassicOptions {
  readonly query?: string;
  /** What the context is compressed by. */
  readonly compress?: (tar: Buffer) => Buffer;
  readonly signal?: AbortSignal;
  /** Told what comes, while it comes. */
  readonly onText?: (text: string) => void;
}

export type ContextFiles = Readonly<Record<string, string>> | readonly Entry[];

/** Posts a context of these files. Rejects where the connection breaks. */
export async function buildClassic(
  socketPath: string,
  files: ContextFiles,
  { query = '', compress = (tar) => tar, signal, onText = () => {} }: ClassicOptions = {},
): Promise<ClassicAnswer> {
  const entries = Array.isArray(files)
    ? (files as readonly Entry[])
    : Object.entries(files).map(([name, text]): Entry => [{ name }, text]);
  const tar = await tarOf(entries);
  const { promise, resolve, reject } = Promise.withResolvers<ClassicAnswer>();
  const request = http.request(
    {
      ...{
        socketPath,
        method: 'POST',
        path: `/v1.51/build?${new URLSearchParams(query)}`,
        agent: false,
        ...(signal && { signal }),
      },
      headers: { 'Content-Type': 'application/x-tar', 'X-Registry-Config': 'e30=' },
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        onText(text);
      });
      response.once('error', reject);
      response.once('end', () => resolve(answerOf(response.statusCode ?? 0, text)));
    },
  );
  request.once('error', reject);
  request.end(compress(Buffer.from(tar)));
  return await promise;
}

function answerOf(status: number, text: string): ClassicAnswer {
  const lines = text
    .split(/\r?\n/)
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
  const said = lines
    .map((line) => {
      if (typeof line.stream === 'string') return line.stream;
      return `${JSON.stringify(line)}\n`;
    })
    .join('');
  return { status, lines, said: said.replace(/\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b/g, 'ID') };
}
