// Reads Dockerfiles and `.dockerignore` files that a student has written, in bounded time, as the builder does.

import { type ImageDocument, ignoredPaths, readDockerfile } from '@drydock/runtime/dockerfile';
import { maxDockerfileBytes, maxDockerfileStages, maxIgnoreBytes } from '../../limits.ts';
import { shownSentence } from '../shown.ts';
import type { DockerfileFact, DockerignoreFact } from './facts.ts';
import { saidInFile } from './said.ts';

const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

/** Throws what `documentOf` throws. */
export async function readDockerfileText(
  text: string,
  documentOf: (reference: string) => Promise<ImageDocument | null>,
): Promise<DockerfileFact> {
  if (text.trim() === '') return { mistake: 'it is empty' };
  if (text.length > maxDockerfileBytes) return { mistake: `it is larger than ${maxDockerfileBytes / 1024} KiB` };
  const ignorePatterns = () => Promise.resolve([]);
  const { error, warnings, stages } = await readDockerfile(text, { architecture, documentOf, ignorePatterns });
  if (error !== null) {
    // The builder's own words name the line, where it is a line's.
    const line = error.location === null || /\bon line \d/.test(error.message) ? '' : `line ${error.location.first}: `;
    return { mistake: `${line}${shownSentence(error.message)}` };
  }
  if (stages.length > maxDockerfileStages) return { mistake: `it has more than ${maxDockerfileStages} stages` };
  return {
    instructions: saidInFile(stages),
    stages: stages.length,
    warnings: warnings.map(({ rule, message, location }) => ({ rule, message, line: location?.first ?? null })),
  };
}

/** Never throws. */
export function readIgnoreText(text: string): DockerignoreFact {
  if (text.length > maxIgnoreBytes) return { mistake: `it is larger than ${maxIgnoreBytes / 1024} KiB` };
  try {
    const leavesOut = ignoredPaths(text);
    leavesOut('x');
    return { leavesOut };
  } catch (error) {
    return { mistake: shownSentence(error instanceof Error ? error.message : String(error)) };
  }
}
