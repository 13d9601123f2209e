// Serves the built site: static files, precompressed if the build made that. Browsers keep files for good whose name holds a hash.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import statics from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const noPage =
  '<!doctype html><html lang="en"><title>Not found</title><h1>There is no such page</h1><p><a href="/">Drydock</a>';

/** Answers with the site's own 404 page. */
export async function pageNotFound(directory: string, reply: FastifyReply): Promise<void> {
  const page = await readFile(join(directory, '404.html'), 'utf8').catch(() => noPage);
  await reply.code(404).type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
}

/** Throws if the site has not been built. `isHidden`: it is there, but not for whoever asks. `path` is the target's, decoded. */
export async function serveSite(
  server: FastifyInstance,
  directory: string,
  isHidden: (path: string, request: FastifyRequest) => boolean,
): Promise<void> {
  const root = resolve(directory);
  if (!existsSync(root)) throw new Error(`serve site: ${root} is not there. Build the site first: npm start does.`);
  await server.register(statics, {
    root,
    prefix: '/',
    redirect: true,
    // `page.html.br` beside `page.html`; where there is none, the file itself.
    preCompressed: true,
    dotfiles: 'ignore',
    cacheControl: false,
    allowedPath: (path, _, request) => !isHidden(path, request),
    setHeaders: (reply, path) => {
      const hashed = path.startsWith(`${join(root, '_astro')}/`);
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
