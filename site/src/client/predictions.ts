/**
 * The text's "what will happen?" questions: which answer was chosen, and whether the command has run. The choice can be changed until
 * the command has run; then every option says why it is right or wrong. Answers are kept as those of the quiz are.
 */
import { signal } from '@preact/signals';
import { keepChoice, keptChoices } from './progress.ts';

export interface Prediction {
  readonly choice: string;
  /** The command has run, so the answer may be shown. */
  readonly told: boolean;
}

/** By the question's id; those without a choice are missing. */
export const predictions = signal<ReadonlyMap<string, Prediction>>(new Map());

const places = new Map<string, HTMLElement>();
let lesson = '';

/** Follows the questions of the page. To be called once. */
export function startPredictions(root: HTMLElement, id: string): void {
  lesson = id;
  for (const place of root.querySelectorAll<HTMLElement>('[data-predict]')) {
    const question = place.dataset.predict ?? '';
    places.set(question, place);
    place.addEventListener('change', (event) => {
      if (event.target instanceof HTMLInputElement) set(question, { choice: event.target.value, told: false });
    });
  }
  if (places.size === 0) return;
  keptChoices(lesson, (kept) => {
    for (const question of places.keys()) {
      const choice = kept[question];
      if (choice && !predictions.peek().has(question)) set(question, { choice, told: true });
    }
  });
}

/** The command has run: shows whether the guess was right, and keeps it. */
export function tellPrediction(question: string): void {
  const guess = predictions.peek().get(question);
  if (!guess) return;
  set(question, { ...guess, told: true });
  keepChoice(lesson, question, guess.choice);
}

function set(question: string, guess: Prediction): void {
  predictions.value = new Map([...predictions.peek(), [question, guess]]);
  for (const option of places.get(question)?.querySelectorAll<HTMLElement>('[data-option]') ?? []) {
    const input = option.querySelector('input');
    const chosen = input?.value === guess.choice;
    if (input) {
      input.checked = chosen;
      input.disabled = guess.told;
    }
    option.dataset.chosen = String(chosen && guess.told);
    const why = option.querySelector<HTMLElement>('[data-why]');
    if (why) why.hidden = !guess.told || !(chosen || option.dataset.option === 'right');
  }
}
