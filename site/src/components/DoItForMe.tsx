/** Has a task done: its solution is written and typed in sight, and it is noted that it was done for the student. */
import { useState } from 'preact/hooks';
import type { Attempt } from '../../../lessons/schema.ts';
import { isFocusLost } from '../client/focus.ts';
import { isOfFinger } from '../client/follow-run.ts';
import { markHelped } from '../client/helped-tasks.ts';
import { focusTerminal } from '../client/lab.ts';
import { canType, lookOf } from '../client/lab-state.ts';
import { showLab } from '../client/panes.ts';
import { applySolution, type SolutionStep } from '../client/solution.ts';

export interface DoItForMeProps {
  readonly task: string;
  readonly solution: Attempt;
}

interface Work {
  readonly step: SolutionStep;
  readonly stop: () => void;
}

export function DoItForMe({ task, solution }: DoItForMeProps) {
  const [work, setWork] = useState<Work | undefined>(undefined);
  const [why, setWhy] = useState<string | undefined>(undefined);
  const look = lookOf(task);
  if (!work && (look === 'done' || look === 'done-for-you')) return null;
  const onClick = async (click: MouseEvent) => {
    const over = new AbortController();
    const tell = (step: SolutionStep) => setWork({ step, stop: () => over.abort() });
    setWhy(undefined);
    showLab();
    const reason = await applySolution(solution, { next: tell, begun: () => markHelped(task) }, over.signal);
    setWork(undefined);
    setWhy(reason);
    // The button goes when the task is done, and the focus with it.
    if (!isOfFinger(click)) requestAnimationFrame(() => isFocusLost() && focusTerminal());
  };
  return (
    <>
      {work ? (
        <button type="button" class="link" onClick={work.stop}>
          Stop
        </button>
      ) : (
        <button type="button" class="link" disabled={!canType.value} onClick={(click) => void onClick(click)}>
          Do it for me
        </button>
      )}
      <span class="doing" role="status">
        {work && wordsOf(work.step)}
      </span>
      {why && (
        <p class="blocked" role="status">
          {why}
        </p>
      )}
    </>
  );
}

function wordsOf(step: SolutionStep): string {
  if (step.name === 'file') return `Writing ${step.path}`;
  return step.of === 1 ? 'Typing the command' : `Typing line ${step.number} of ${step.of}`;
}
