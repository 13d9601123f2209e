// The command `drydock`: runs what the arguments say, and ends with a sentence and an exit code where it fails.

import { CommanderError } from 'commander';
import { exitFailed, exitUsage, Failure } from './failure.ts';
import { createProgram } from './program.ts';

// A reader that has gone, as in `drydock host ls | head -1`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has printed the help or its complaint already.
    process.exitCode = error.exitCode === 0 ? 0 : exitUsage;
  } else if (error instanceof Failure) {
    console.error(
      error.message
        .split('\n')
        .map((line) => `drydock: ${line}`)
        .join('\n'),
    );
    process.exitCode = error.exitCode;
  } else {
    console.error('drydock: This is a fault in Drydock itself:', error);
    process.exitCode = exitFailed;
  }
}
