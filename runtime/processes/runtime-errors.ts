// What an OCI runtime's refusal means to the person who typed `docker run`: Docker's own words and exit code.

import { at, EngineError } from '../errors.ts';
import { RuntimeRefusal } from '../kernel/conmon.ts';

/** How moby begins: the same failure of `docker run` and of `docker exec`. */
const beginnings = {
  create: 'failed to create task for container: failed to create shim task: OCI runtime create failed',
  exec: 'OCI runtime exec failed: exec failed',
};

/**
 * Why a process was not started, for the person who asked for it. `command` is what was to be run. The exit code is 127 for no such
 * command, 126 where it cannot be executed and 128 otherwise, as in moby; the docker CLI takes its own from these words
 * (`cli/command/container/run.go`). What is no refusal of the runtime keeps its kind, and has no exit code.
 */
export function notStarted(error: unknown, command: string, verb: keyof typeof beginnings): EngineError {
  if (error instanceof EngineError) return error;
  if (!(error instanceof RuntimeRefusal)) return at('start container', error);
  const said = error.message;
  const refusal = (kind: 'invalid' | 'internal', why: string, exitCode: number): EngineError => {
    const message = `${beginnings[verb]}: unable to start container process: ${why}`;
    return new EngineError(kind, message, { cause: error, exitCode });
  };
  const what = `exec: ${JSON.stringify(command)}`;
  const directory = /chdir (?:to )?`([^`]*)`/.exec(said)?.[1];
  if (directory !== undefined) {
    const why = said
      .slice(said.lastIndexOf(':') + 1)
      .trim()
      .toLowerCase();
    return refusal(
      'invalid',
      `chdir to cwd (${JSON.stringify(directory)}) set in config.json failed: ${why}: unknown`,
      127,
    );
  }
  if (!command.includes('/') && /not found in \$PATH|executable file.*not found/i.test(said))
    return refusal('invalid', `${what}: executable file not found in $PATH: unknown`, 127);
  if (/no such file or directory|not found in \$PATH|executable file.*not found/i.test(said))
    return refusal('invalid', `${what}: stat ${command}: no such file or directory: unknown`, 127);
  if (/exec format error/i.test(said)) return refusal('invalid', `${what}: exec format error: unknown`, 126);
  if (/permission denied|is a directory|is not a regular file|open executable/i.test(said))
    return refusal('invalid', `${what}: permission denied: unknown`, 126);
  return refusal('internal', said, 128);
}
