// The addresses of the hub's pages. Each is one page of the site, which asks the API for what it shows; the status tells whether there
// is anything for this browser to see.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HubAsker } from '@drydock/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ServerError, statusOfFailure } from '../errors.ts';
import type { HubShelf } from '../hub/shelf.ts';
import { hubPlaceOf } from '../protocol.ts';
import { pageNotFound } from './site.ts';

export interface HubPageParts {
  readonly directory: string;
  readonly shelf: HubShelf;
  readonly askerOf: (request: FastifyRequest) => HubAsker;
}

export function addHubPages(server: FastifyInstance, { directory, shelf, askerOf }: HubPageParts): void {
  const statusFor = async (request: FastifyRequest, place: ReturnType<typeof hubPlaceOf>): Promise<number> => {
    const asker = askerOf(request);
    try {
      if (place?.kind === 'namespace') await shelf.ask((hub) => hub.pages.namespacePage(asker, place.namespace));
      if (place?.kind === 'repository') await shelf.ask((hub) => hub.pages.repositoryPage(asker, place.repository));
      if (place?.kind === 'image')
        await shelf.ask((hub) => hub.pages.imagePage(asker, place.repository, place.reference));
      return 200;
    } catch (error) {
      if (error instanceof ServerError) return statusOfFailure[error.kind];
      throw error;
    }
  };

  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const place = hubPlaceOf(request.url.split('?', 1)[0] ?? '');
    const page = await readFile(join(directory, 'hub/index.html'), 'utf8').catch(() => null);
    if (place === null || page === null) return pageNotFound(directory, reply);
    const status = await statusFor(request, place);
    return reply.code(status).type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
  };
  server.route({ method: ['GET', 'HEAD'], url: '/hub/*', handler: answer });
}
