/** Has a task done: its solution is written and typed in sight, and it is noted that it was done for the student. */
import { useState } from 'preact/hooks';
import type { Attempt } from '../../../lessons/schema.ts';
import { markHelped } from '../client/helped-tasks.ts';
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
  const onClick = async () => {
    const over = new AbortController();
    const tell = (step: SolutionStep) => setWork({ step, stop: () => over.abort() });
    setWhy(undefined);
    showLab();
    const reason = await applySolution(solution, { next: tell, begun: () => markHelped(task) }, over.signal);
    setWork(undefined);
    setWhy(reason);
  };
  return (
    <>
      {work ? (
        <button type="button" class="link" onClick={work.stop}>
          Stop
        </button>
      ) : (
        <button type="button" class="link" disabled={!canType.value} onClick={() => void onClick()}>
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
