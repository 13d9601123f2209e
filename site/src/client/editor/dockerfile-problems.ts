/** What is wrong with a Dockerfile: what its builder would say, by the builder's own parser and rules. */
import { readDockerfile } from '@drydock/sandbox-server/dockerfile';
import { ruleSentence } from '../../dockerfile-rules.ts';

export interface DockerfileProblem {
  /** From 1 on. */
  readonly line: number;
  readonly lastLine: number;
  readonly message: string;
  /** The rule that it is of, by BuildKit's name; null for what cannot be built. */
  readonly rule: string | null;
}

const mostProblems = 50;

/**
 * Images are not looked at here, so what hangs on them is not told. Never throws. Takes a millisecond for a file of a lesson; longer ones
 * than a builder takes are an error at once.
 */
export async function dockerfileProblems(text: string): Promise<readonly DockerfileProblem[]> {
  if (text.trim() === '') return [];
  const { error, warnings } = await readDockerfile(text, {
    architecture: 'amd64',
    documentOf: () => Promise.resolve(null),
    ignorePatterns: () => Promise.resolve([]),
  });
  const told = warnings.map(({ rule, message, location }): DockerfileProblem => {
    const [line, lastLine] = [location?.first ?? 1, location?.last ?? 1];
    const ours = ruleSentence(rule);
    return { line, lastLine, rule, message: ours === undefined ? message : `${message}.\n${ours}` };
  });
  if (error === null) return told.slice(0, mostProblems);
  // The place is where the mark is.
  const message = error.message.replace(/^dockerfile parse error on line \d+: /, '');
  const [line, lastLine] = [error.location?.first ?? 1, error.location?.last ?? 1];
  return [{ line: Math.max(1, line), lastLine: Math.max(1, lastLine), rule: null, message }, ...told].slice(
    0,
    mostProblems,
  );
}
