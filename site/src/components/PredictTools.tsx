/** The end of a "what will happen?": runs the command once a guess was made, and then says what the guess was worth. */
import { useState } from 'preact/hooks';
import { followRun } from '../client/follow-run.ts';
import { type RunPlace, runCommand } from '../client/lab.ts';
import { canType } from '../client/lab-state.ts';
import { filled } from '../client/parameters.ts';
import { predictions, tellPrediction } from '../client/predictions.ts';

export interface PredictToolsProps extends RunPlace {
  readonly question: string;
  /** May hold `{{name}}`. */
  readonly command: string;
  readonly fails?: boolean;
}

export function PredictTools({ question, command, fails = false, ...place }: PredictToolsProps) {
  const [state, setState] = useState<'' | 'typed' | 'running'>('');
  const [why, setWhy] = useState('');
  const guess = predictions.value.get(question);
  const line = filled(command);

  const onRun = (click: MouseEvent) => {
    const reason = runCommand(
      line,
      {
        started: () => setState('running'),
        ended: () => {
          setState('');
          tellPrediction(question);
        },
        lost: (reason) => {
          setState('');
          setWhy(reason);
        },
      },
      place,
    );
    setWhy(reason ?? '');
    if (reason) return;
    setState('typed');
    followRun(click);
  };
  const words = state === 'typed' ? 'Typed' : state === 'running' ? 'Running' : resultOf(guess, fails);
  return (
    <>
      <span class="command-state" role="status" data-state={guess?.told && !state ? 'ran' : state}>
        {words}
      </span>
      <button
        type="button"
        class="run"
        disabled={!canType.value || !guess}
        onClick={onRun}
        aria-label={guess ? `Run and see: ${line}` : 'Run and see: choose an answer first'}
      >
        Run and see
      </button>
      {why && (
        <p class="command-blocked" role="status">
          {why}
        </p>
      )}
    </>
  );
}

function resultOf(guess: { told: boolean } | undefined, fails: boolean): string {
  if (!guess) return 'Choose first';
  if (!guess.told) return '';
  return fails ? 'Failed, as it should' : 'Ran';
}
