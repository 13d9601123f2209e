/** The quiz: shows why the chosen answer is right or wrong, keeps the choice, and says at the end how many were right. */
import { keepChoice, keptChoices } from './progress.ts';

export function startQuiz(quiz: HTMLElement, lesson: string): void {
  const questions = [...quiz.querySelectorAll<HTMLElement>('[data-question]')];
  const score = quiz.querySelector<HTMLElement>('[data-score]');
  for (const question of questions) {
    question.addEventListener('change', (event) => {
      const choice = event.target instanceof HTMLInputElement ? event.target.value : undefined;
      const id = question.dataset.question;
      if (!choice || !id) return;
      show(question, choice);
      showScore(questions, score);
      keepChoice(lesson, id, choice);
    });
  }
  keptChoices(lesson, (kept) => {
    for (const question of questions) {
      const choice = kept[question.dataset.question ?? ''];
      if (choice && !question.querySelector('input:checked')) show(question, choice);
    }
    showScore(questions, score);
  });
}

function show(question: HTMLElement, choice: string): void {
  for (const option of question.querySelectorAll<HTMLElement>('[data-option]')) {
    const input = option.querySelector('input');
    const isChosen = input?.value === choice;
    if (input) input.checked = isChosen;
    option.dataset.chosen = String(isChosen);
    const why = option.querySelector<HTMLElement>('[data-why]');
    if (why) why.hidden = !isChosen;
  }
}

function showScore(questions: readonly HTMLElement[], score: HTMLElement | null): void {
  const answered = questions.filter((question) => question.querySelector('[data-chosen="true"]'));
  if (!score || answered.length < questions.length) return;
  const right = questions.filter((question) => question.querySelector('[data-option="right"][data-chosen="true"]'));
  score.textContent =
    right.length === questions.length
      ? `All ${questions.length} are right.`
      : `${right.length} of ${questions.length} are right. Choose again where you like; each answer says why.`;
  score.hidden = false;
}
