// Where pages of students' containers are shown, and what that is worth.

import { sharesSite } from '@drydock/sandbox-server/preview-origin';
import type { Settings } from '../settings.ts';
import { type Finding, good, poor } from './finding.ts';

export const previewsFinding = 'previews';

export function examinePreviews({ previewOrigin, origin }: Pick<Settings, 'previewOrigin' | 'origin'>): Finding {
  const name = previewsFinding;
  const { hostname } = new URL(origin);
  if (previewOrigin === null) {
    if (hostname === 'localhost' || hostname === '127.0.0.1') return good(name, 'below preview.localhost');
    return poor(
      name,
      'none',
      'Pages of ports cannot be shown. Set DRYDOCK_PREVIEW_ORIGIN: README, "Previews of ports".',
    );
  }
  if (!sharesSite(previewOrigin, origin)) return good(name, previewOrigin);
  return poor(
    name,
    `${previewOrigin} shares a domain with ${origin}`,
    'A student’s page can set cookies for that whole domain, and so push other students’ Drydock cookies out of their ' +
      'browsers: they lose their labs and progress. It can read nothing. Give previews a domain of their own: README, "Previews of ports".',
  );
}
