/** Where a lesson's figure takes what it shows from: the student's own host where it has it, else a drawn example. */
import type { View } from '@drydock/sandbox-server/protocol';
import { exampleView } from './example.ts';
import { shownView, views } from './views.ts';

export interface FigureSource {
  readonly view: View;
  /** The view is of the student’s host. */
  readonly own: boolean;
}

/** The host that is looked at, or the first one that `has` what the figure is about. */
export function figureSource(has: (view: View) => boolean, wanted: Parameters<typeof exampleView>[0]): FigureSource {
  const shown = shownView.value;
  for (const view of shown ? [shown, ...views.value.values()] : []) if (has(view)) return { view, own: true };
  return { view: exampleView(wanted), own: false };
}

/** `nginx` and `nginx:latest` are one; `redis:7` is itself alone. */
export function isNamed(tag: string, wanted: string): boolean {
  return tag === wanted || tag === `${wanted}:latest` || tag.replace(/^(docker\.io\/)?(library\/)?/, '') === wanted;
}
