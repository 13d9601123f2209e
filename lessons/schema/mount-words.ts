// A mount as a lab file writes it: `pgdata:/data:ro` as in `docker run -v`, or a map.

import { z } from 'zod';
import type { WantedMount } from './check-kinds.ts';
import { holdsParameter } from './fill-in.ts';
import { line } from './words.ts';

const form =
  'is no mount: "VOLUME:/PLACE", "/PATH:/PLACE", "./PATH:/PLACE", with :ro or :rw behind it where that matters';

/** The home directory of a workspace: what `./` stands for. */
const home = '/home/student';

/** As the engine tells it: absolute, or a volume's name. */
function sourceOf(text: string): string {
  return text === '.' || text.startsWith('./') ? `${home}${text.slice(1)}`.replace(/\/+$/, '') : text;
}

/** Null where it is none. */
function mountOf(text: string): WantedMount | null {
  const [source = '', destination = '', mode, ...rest] = text.split(':');
  const isPlace = (path: string): boolean => path.startsWith('/') || holdsParameter(path);
  const isSource = /^(\/|\.\/|\.$|[a-zA-Z0-9][a-zA-Z0-9_.-]*$)/.test(source) || holdsParameter(source);
  if (!isSource || !isPlace(destination) || rest.length > 0) return null;
  if (mode !== undefined && mode !== 'ro' && mode !== 'rw') return null;
  const isPath = /^[./]/.test(source);
  return {
    ...(holdsParameter(source) ? {} : { type: isPath ? 'bind' : 'volume' }),
    source: sourceOf(source),
    destination,
    ...(mode !== undefined && { readOnly: mode === 'ro' }),
  };
}

const written = line.transform((text, context): WantedMount => {
  const mount = mountOf(text);
  if (mount === null) context.addIssue({ code: 'custom', message: form });
  return mount ?? {};
});

const place = z
  .string()
  .max(255)
  .refine((path) => path.startsWith('/') || holdsParameter(path), 'must be an absolute path');

const said = z
  .strictObject({
    type: z.enum(['volume', 'bind', 'tmpfs', 'image']).optional(),
    source: line.transform(sourceOf).optional(),
    destination: place.optional(),
    readOnly: z.boolean().optional(),
    anonymous: z.boolean().optional(),
  })
  .refine((mount) => Object.keys(mount).length > 0, 'say at least one thing about the mount');

const mount = z.union([written, said], { error: form });

export const mounts = z.union([z.literal('none'), z.array(mount).min(1).max(20)]);
