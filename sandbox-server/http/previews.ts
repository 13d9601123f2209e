// The API's route that opens a preview: an address that lets this student's browser in, once.

import type { FastifyInstance } from 'fastify';
import { ServerError } from '../errors.ts';
import { previewOpenBurst, previewOpensPerSecond } from '../limits.ts';
import { openPreview } from '../messages.ts';
import type { PreviewOrigins } from '../previews/origin.ts';
import type { Previews } from '../previews/previews.ts';
import { type OpenedPreview, routes } from '../protocol.ts';
import { RateLimit } from '../rate-limit.ts';
import type { Callers } from './callers.ts';
import { ownPaths } from './preview-pages.ts';
import { limitRate } from './server.ts';

export interface PreviewRouteParts {
  readonly callers: Callers;
  readonly previews: Previews;
  /** Null where this server has no address for previews. */
  readonly origins: PreviewOrigins | null;
}

export function addPreviewRoute(server: FastifyInstance, { callers, previews, origins }: PreviewRouteParts): void {
  const rate = new RateLimit({ perSecond: previewOpensPerSecond, burst: previewOpenBurst });
  server.post(routes.openPreview.path, async (request): Promise<OpenedPreview> => {
    const { session } = callers.theirs(request);
    const { host, port } = openPreview.parse(request.body);
    limitRate(rate, session.id, 'Too many previews were opened.');
    if (origins === null)
      throw new ServerError(
        'unavailable',
        'Pages of ports cannot be shown here: whoever runs this Drydock has to set DRYDOCK_PREVIEW_ORIGIN.',
      );
    session.host(host);
    const place = {
      session: session.id,
      life: session.takenBack,
      host: host ?? session.lab.hosts[0]?.name ?? '',
      port,
    };
    const { preview, token } = previews.open(place);
    return { url: `${origins.originOf(preview.name)}${ownPaths.enter}?token=${token}` };
  });
}
