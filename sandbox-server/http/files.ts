// The API's routes about files (protocol/http.ts lists them): parse, ask, answer. A student's bytes are a download, never a page.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import type { Files } from '../files/files.ts';
import { fileRequestBurst, fileRequestsPerSecond, maxFileWritesAtOnce } from '../limits.ts';
import { changeFiles, fileQuery, writtenFileQuery } from '../messages.ts';
import { type FileListing, type FileVersion, maxFileBytes, routes } from '../protocol.ts';
import { RateLimit } from '../rate-limit.ts';
import { Tally } from '../tally.ts';
import type { Callers } from './callers.ts';
import { limitRate } from './server.ts';

export interface FileParts {
  readonly callers: Callers;
  readonly files: Files;
}

/**
 * The version that the file must have now, by `If-Match`; 'none', by `If-None-Match: *`: there must be no such file. Throws
 * invalid without such a header, so that nothing is overwritten unseen.
 */
function expectedOf({ headers }: FastifyRequest): string {
  const version = /^"([a-z0-9-]{1,100})"$/.exec(headers['if-match'] ?? '')?.[1];
  if (version !== undefined && headers['if-none-match'] === undefined) return version;
  if (headers['if-none-match'] === '*' && headers['if-match'] === undefined) return 'none';
  throw new ServerError('invalid', 'A file is written with If-Match and its version, or with If-None-Match: *.');
}

export function addFileRoutes(server: FastifyInstance, { callers, files }: FileParts): void {
  const writing = new Tally();
  const rate = new RateLimit({ perSecond: fileRequestsPerSecond, burst: fileRequestBurst });

  /** For onRequest: checks the student and the rate before the query is parsed and the body is read. */
  const admit = async (request: FastifyRequest): Promise<void> => {
    limitRate(rate, callers.theirs(request).session.id, 'Too many files were asked for.');
  };
  /** The engine's name of the host in the query, and the path in that host. */
  const placeOf = (request: FastifyRequest): { readonly host: string; readonly path: string } => {
    const { session } = callers.theirs(request);
    if (request.method !== 'GET') session.typed();
    const { host, path } = fileQuery.parse(request.query);
    return { host: session.host(host), path };
  };

  server.get(routes.listFiles.path, { onRequest: admit }, async (request): Promise<FileListing> => {
    const { host, path } = placeOf(request);
    return await files.list(host, path);
  });

  server.get(routes.readFile.path, { onRequest: admit }, async (request, reply) => {
    const { host, path } = placeOf(request);
    const { bytes, version } = await files.read(host, path);
    return reply
      .type('application/octet-stream')
      .headers({ 'content-disposition': 'attachment', etag: `"${version}"` })
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  });

  server.delete(routes.removeFile.path, { onRequest: admit }, async (request, reply) => {
    const { host, path } = placeOf(request);
    await files.remove(host, path);
    return reply.code(204).send();
  });

  server.post(routes.changeFiles.path, { onRequest: admit }, async (request, reply) => {
    const { session } = callers.theirs(request);
    session.typed();
    const change = changeFiles.parse(request.body);
    const host = session.host(change.host);
    if (change.do === 'makeFolder') await files.makeFolder(host, change.path);
    else await files.rename(host, change.path, change.to);
    return reply.code(204).send();
  });

  // Only this route takes raw bytes.
  server.register(async (scope) => {
    scope.addHook('onRequest', admit);
    scope.addHook('onRequest', async (request, reply) => {
      const { session } = callers.theirs(request);
      if (writing.count(session.id) >= maxFileWritesAtOnce)
        throw new ServerError('tooMany', 'Too many files are saved at once. Try again in a moment.', {
          retryAfterSeconds: 1,
        });
      reply.raw.once('close', writing.add(session.id));
    });
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    scope.put(routes.writeFile.path, { bodyLimit: maxFileBytes }, async (request): Promise<FileVersion> => {
      const { session } = callers.theirs(request);
      session.typed();
      const query = writtenFileQuery.parse(request.query);
      const { host, path } = query;
      const piece = 'draft' in query ? { draft: query.draft, offset: query.offset, last: query.last } : undefined;
      const expected = expectedOf(request);
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const { version } = await files.write(session.host(host), path, body, expected, piece);
      return { version };
    });
  });
}
