// What an OCI runtime's refusal means to the person who typed `docker run`: Docker's own words and exit code.

import { at, EngineError } from '../errors.ts';
import { RuntimeRefusal } from '../kernel/conmon.ts';

/** Moby's prefixes for the same failure, in `docker run` and in `docker exec`. The runtime is called runc in every answer to clients. */
const beginnings = {
  create:
    'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed',
  exec: 'OCI runtime exec failed: exec failed',
};

/**
 * Why a process was not started, for the person who asked for it. The exit code is as in moby: 127 if there is no such
 * `command`, 126 if it cannot be executed, else 128. The docker CLI derives its own exit code from this text
 * (`cli/command/container/run.go`). An error that is no refusal of the runtime keeps its kind and has no exit code.
 */
export function notStarted(error: unknown, command: string, verb: keyof typeof beginnings): EngineError {
  if (error instanceof EngineError) return error;
  if (!(error instanceof RuntimeRefusal)) return at('start container', error);
  const said = error.message;
  const refusal = (kind: 'invalid' | 'internal', why: string, exitCode: number): EngineError => {
    const whyNotStarted = `unable to start container process: ${why}`;
    return new EngineError(kind, `${beginnings[verb]}: ${whyNotStarted}`, { cause: error, exitCode, whyNotStarted });
  };
  const what = `exec: ${JSON.stringify(command)}`;
  const directory = /chdir (?:to )?`([^`]*)`/.exec(said)?.[1];
  if (directory !== undefined) {
    const why = said
      .slice(said.lastIndexOf(':') + 1)
      .trim()
      .toLowerCase();
    return refusal('invalid', `chdir to cwd (${JSON.stringify(directory)}) set in config.json failed: ${why}`, 127);
  }
  if (!command.includes('/') && /not found in \$PATH|executable file.*not found/i.test(said))
    return refusal('invalid', `${what}: executable file not found in $PATH`, 127);
  if (/no such file or directory|not found in \$PATH|executable file.*not found/i.test(said))
    return refusal('invalid', `${what}: stat ${command}: no such file or directory`, 127);
  if (/exec format error/i.test(said)) return refusal('invalid', `${what}: exec format error`, 126);
  if (/permission denied|is a directory|is not a regular file|open executable/i.test(said))
    return refusal('invalid', `${what}: permission denied`, 126);
  return refusal('internal', said, 128);
}
