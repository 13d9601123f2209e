// The API's routes about files (protocol.ts lists them): parse, ask, answer. A student's bytes are a download, never a page.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import type { Files } from '../files/files.ts';
import { fileRequestBurst, fileRequestsPerSecond } from '../limits.ts';
import { changeFiles, fileQuery } from '../messages.ts';
import { type FileListing, type FileVersion, maxFileBytes, routes } from '../protocol.ts';
import { RateLimit } from '../rate-limit.ts';
import type { Callers } from './callers.ts';
import { limitRate } from './server.ts';

export interface FileParts {
  readonly callers: Callers;
  readonly files: Files;
}

/** What `If-Match` or `If-None-Match` says must be there. Throws invalid where neither does: nothing is overwritten unseen. */
function expectedOf({ headers }: FastifyRequest): string {
  const version = /^"([a-z0-9-]{1,100})"$/.exec(headers['if-match'] ?? '')?.[1];
  if (version !== undefined && headers['if-none-match'] === undefined) return version;
  if (headers['if-none-match'] === '*' && headers['if-match'] === undefined) return 'none';
  throw new ServerError('invalid', 'A file is written with If-Match and its version, or with If-None-Match: *.');
}

export function addFileRoutes(server: FastifyInstance, { callers, files }: FileParts): void {
  const rate = new RateLimit({ perSecond: fileRequestsPerSecond, burst: fileRequestBurst });

  /** The engine's name of the host that is asked about. */
  const hostOf = (request: FastifyRequest, host: string | undefined): string => {
    const { session } = callers.theirs(request);
    limitRate(rate, session.id, 'Too many files were asked for.');
    return session.host(host);
  };
  const placeOf = (request: FastifyRequest): { readonly host: string; readonly path: string } => {
    callers.theirs(request); // who asks comes before what is asked for
    const { host, path } = fileQuery.parse(request.query);
    return { host: hostOf(request, host), path };
  };

  server.get(routes.listFiles.path, async (request): Promise<FileListing> => {
    const { host, path } = placeOf(request);
    return await files.list(host, path);
  });

  server.get(routes.readFile.path, async (request, reply) => {
    const { host, path } = placeOf(request);
    const { bytes, version } = await files.read(host, path);
    return reply
      .type('application/octet-stream')
      .headers({ 'content-disposition': 'attachment', etag: `"${version}"` })
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  });

  server.delete(routes.removeFile.path, async (request, reply) => {
    const { host, path } = placeOf(request);
    await files.remove(host, path);
    return reply.code(204).send();
  });

  server.post(routes.changeFiles.path, async (request, reply) => {
    callers.theirs(request);
    const change = changeFiles.parse(request.body);
    const host = hostOf(request, change.host);
    if (change.do === 'makeFolder') await files.makeFolder(host, change.path);
    else await files.rename(host, change.path, change.to);
    return reply.code(204).send();
  });

  // Bytes are read on this one route alone.
  server.register(async (scope) => {
    // Who asks comes before a byte of what is sent.
    scope.addHook('onRequest', async (request) => void callers.theirs(request));
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    scope.put(routes.writeFile.path, { bodyLimit: maxFileBytes }, async (request): Promise<FileVersion> => {
      const { host, path } = placeOf(request);
      const expected = expectedOf(request);
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const { version } = await files.write(host, path, body, expected);
      return { version };
    });
  });
}
