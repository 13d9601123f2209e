// What a step of a build has made.

import type { Source } from './files-step.ts';
import type { Sent } from './sent-files.ts';

/** A layer of what is built, and when it was made; null for one of a base image. */
export interface BuiltLayer {
  readonly diffId: string;
  readonly createdAt: string | null;
}

/** What a step has made: layers, base first, or files that a client has sent. */
export type Made =
  | { readonly kind: 'layers'; readonly layers: readonly BuiltLayer[] }
  | { readonly kind: 'sent'; readonly sent: Sent };

export const nothing: Made = { kind: 'layers', layers: [] };

export function layersIn(made: Made | undefined): readonly BuiltLayer[] {
  return made?.kind === 'layers' ? made.layers : [];
}

export function sourceOf(made: Made): Source {
  if (made.kind === 'layers') return { kind: 'stage', diffIds: made.layers.map(({ diffId }) => diffId) };
  const { directory, list, without } = made.sent;
  return { kind: 'sent', place: { directory, list, without } };
}
