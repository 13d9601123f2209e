/** What is on a command's plate beside the command: Copy, Run, and how the run went. */
import { useState } from 'preact/hooks';
import { copyText } from '../client/clipboard.ts';
import { runCommand } from '../client/lab.ts';
import { canType } from '../client/lab-state.ts';
import { showLab } from '../client/panes.ts';

type Run =
  | { readonly name: 'not-yet' }
  | { readonly name: 'typed' }
  | { readonly name: 'running' }
  | { readonly name: 'ran'; readonly exitCode: number | undefined }
  | { readonly name: 'blocked'; readonly why: string };

export function CommandTools({ command }: { command: string }) {
  const [run, setRun] = useState<Run>({ name: 'not-yet' });
  const [copied, setCopied] = useState(false);

  const onRun = () => {
    const why = runCommand(command, {
      started: () => setRun({ name: 'running' }),
      ended: (exitCode) => setRun({ name: 'ran', exitCode }),
    });
    setRun(why ? { name: 'blocked', why } : { name: 'typed' });
    if (!why) showLab();
  };
  const onCopy = async () => {
    setCopied(await copyText(command));
    setTimeout(() => setCopied(false), 2000);
  };

  return (
    <>
      <span class="command-state" role="status" data-state={stateOf(run)}>
        {wordsOf(run)}
      </span>
      <button type="button" onClick={() => void onCopy()} aria-label={`${copied ? 'Copied' : 'Copy'}: ${command}`}>
        {copied ? 'Copied' : 'Copy'}
      </button>
      <button type="button" class="run" disabled={!canType.value} onClick={onRun} aria-label={`Run: ${command}`}>
        Run
      </button>
      {run.name === 'blocked' && <p class="command-blocked">{run.why}</p>}
    </>
  );
}

function stateOf(run: Run): string {
  return run.name === 'ran' && run.exitCode ? 'failed' : run.name;
}

function wordsOf(run: Run): string {
  if (run.name === 'typed') return 'Typed';
  if (run.name === 'running') return 'Running';
  if (run.name !== 'ran') return '';
  return run.exitCode ? `Ended with ${run.exitCode}` : 'Ran';
}
