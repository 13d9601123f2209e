/** What is on a command's plate beside the command: Copy, Run, and how the run went. */
import { useState } from 'preact/hooks';
import { copyText } from '../client/clipboard.ts';
import { followRun } from '../client/follow-run.ts';
import { type RunPlace, runCommand } from '../client/lab.ts';
import { canType } from '../client/lab-state.ts';
import { filled } from '../client/parameters.ts';

type Run =
  | { readonly name: 'not-yet' }
  | { readonly name: 'typed' }
  | { readonly name: 'running' }
  | { readonly name: 'ran'; readonly exitCode: number | undefined }
  /** Not typed, or its end is not known: a sentence says why. */
  | { readonly name: 'blocked'; readonly why: string };

export interface CommandToolsProps extends RunPlace {
  /** May hold `{{name}}`. */
  readonly command: string;
  /** The command is there to be seen failing. */
  readonly fails?: boolean;
}

export function CommandTools({ command, fails = false, ...place }: CommandToolsProps) {
  const [run, setRun] = useState<Run>({ name: 'not-yet' });
  const [copy, setCopy] = useState<'' | 'done' | 'failed'>('');
  const copied = copy === 'done';
  const line = filled(command);

  const onRun = (click: MouseEvent) => {
    const why = runCommand(
      line,
      {
        started: () => setRun({ name: 'running' }),
        ended: (exitCode) => setRun({ name: 'ran', exitCode }),
        lost: (reason) => setRun({ name: 'blocked', why: reason }),
      },
      place,
    );
    setRun(why ? { name: 'blocked', why } : { name: 'typed' });
    if (!why) followRun(click);
  };
  const onCopy = async () => {
    const done = await copyText(line);
    setCopy(done ? 'done' : 'failed');
    if (done) setTimeout(() => setCopy(''), 2000);
  };

  return (
    <>
      <span class="command-state" role="status" data-state={stateOf(run, fails)}>
        {wordsOf(run, fails)}
      </span>
      <button type="button" onClick={() => void onCopy()} aria-label={`${copied ? 'Copied' : 'Copy'}: ${line}`}>
        {copied ? 'Copied' : 'Copy'}
      </button>
      <button type="button" class="run" disabled={!canType.value} onClick={onRun} aria-label={`Run: ${line}`}>
        Run
      </button>
      {run.name === 'blocked' && (
        <p class="command-blocked" role="status">
          {run.why}
        </p>
      )}
      {copy === 'failed' && (
        <p class="command-blocked" role="status">
          The browser does not let this page copy. Select the command, and copy it with your keyboard.
        </p>
      )}
    </>
  );
}

function stateOf(run: Run, fails: boolean): string {
  return run.name === 'ran' && Boolean(run.exitCode) !== fails ? 'failed' : run.name;
}

function wordsOf(run: Run, fails: boolean): string {
  if (run.name === 'typed') return 'Typed';
  if (run.name === 'running') return 'Running';
  if (run.name !== 'ran') return '';
  if (run.exitCode) return fails ? `Failed with ${run.exitCode}, as it should` : `Ended with ${run.exitCode}`;
  return fails ? 'Ran, without the failure' : 'Ran';
}
