/** Does a task for the student to see: writes the solution's files, then types its lines, each once the prompt is back. */
import type { Attempt } from '../../../lessons/schema.ts';
import { runCommand } from './lab.ts';
import { filled } from './parameters.ts';
import { writeSolutionFile } from './solution-files.ts';

export type SolutionStep =
  | { readonly name: 'file'; readonly path: string }
  /** Line `number` of `of`, counted from 1. */
  | { readonly name: 'line'; readonly number: number; readonly of: number };

/** Told what happens. */
export interface SolutionEvents {
  readonly next: (step: SolutionStep) => void;
  /** A file was written, or a line typed. Told once or more; not where everything was refused. */
  readonly begun: () => void;
}

/**
 * Resolves with `undefined` when the last line has ended, or with a sentence that says why it stopped. Exit codes do not stop it,
 * because the task's check decides whether the task is done. Aborting types no more lines; what was typed goes on.
 */
export async function applySolution(
  solution: Attempt,
  events: SolutionEvents,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const [path, text] of Object.entries(solution.files ?? {})) {
    events.next({ name: 'file', path });
    try {
      await writeSolutionFile(solution.host, filled(path), filled(text), signal);
      events.begun();
    } catch (error) {
      if (signal.aborted) return undefined;
      return error instanceof Error ? error.message : String(error);
    }
  }
  const place = {
    ...(solution.host === undefined ? {} : { host: solution.host }),
    ...(solution.terminal === undefined ? {} : { terminal: solution.terminal }),
  };
  for (const [index, line] of solution.run.entries()) {
    if (signal.aborted) return undefined;
    events.next({ name: 'line', number: index + 1, of: solution.run.length });
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const run = { started: () => {}, ended: () => resolve(undefined), lost: resolve };
    const blocked = runCommand(filled(line), run, place);
    if (blocked) return blocked;
    events.begun();
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    const why = await promise;
    if (why) return why;
  }
  return undefined;
}
