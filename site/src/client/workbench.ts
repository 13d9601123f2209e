/** Starts a page that has a lab: its live parts, the lab itself, and what the text does by itself. */
import { effect } from '@preact/signals';
import { announceTasks } from './announce.ts';
import { startDivider } from './divider.ts';
import { leaveTerminal, startF6 } from './f6.ts';
import { loadHelped } from './helped-tasks.ts';
import { startHints } from './hints.ts';
import { focusTerminal, followTheme, hearLab, startLab } from './lab.ts';
import { takeUpExtras } from './lab-extras.ts';
import { goals, lookOf, optionalTasks, place, taskNow } from './lab-state.ts';
import { takeUpLabs } from './labs.ts';
import { followLesson } from './lesson-progress.ts';
import { startListTicks } from './list-ticks.ts';
import { mountIslands } from './mount.ts';
import { followPane, showLab } from './panes.ts';
import { filled, followParameters } from './parameters.ts';
import { keepPlace } from './place-in-text.ts';
import { startPredictions } from './predictions.ts';
import { startQuiz } from './quiz.ts';
import { startTextTools } from './text-tools.ts';

const workbench = document.querySelector<HTMLElement>('[data-lesson]');
if (workbench) void start(workbench, workbench.dataset.lesson ?? '');

async function start(root: HTMLElement, lesson: string): Promise<void> {
  const sections = [...root.querySelectorAll<HTMLElement>('[data-task]')];
  effect(() => {
    goals.value = new Map(sections.map(({ dataset }) => [dataset.task ?? '', filled(dataset.goal ?? '')]));
  });
  const optional = sections.filter(({ dataset }) => dataset.optional !== undefined);
  optionalTasks.value = new Set(optional.map(({ dataset }) => dataset.task ?? ''));
  takeUpLabs(root);
  // First of all, so that the server works while the page comes to life.
  startLab(lesson, leaveTerminal);
  startF6();
  takeUpExtras(root, lesson);
  loadHelped(lesson);
  // What changes the text's height, before it is first drawn.
  for (const section of sections) startHints(section);
  for (const why of root.querySelectorAll<HTMLElement>('[data-why]')) why.hidden = true;
  const text = root.querySelector<HTMLElement>('.text');
  if (text) keepPlace(text, [...text.querySelectorAll<HTMLElement>('.prose > *')]);
  const divider = root.querySelector<HTMLElement>('.divider');
  if (divider) startDivider(divider);
  followPane(root);
  await mountIslands();
  announceTasks();
  if (sections.length > 0) followLesson(lesson);
  followParameters(root);
  for (const section of sections) {
    effect(() => {
      section.dataset.state = lookOf(section.dataset.task ?? '');
      if (taskNow.value?.id === section.dataset.task) section.setAttribute('aria-current', 'step');
      else section.removeAttribute('aria-current');
    });
  }
  startPredictions(root, lesson);
  startTextTools(root);
  startListTicks(root, lesson);
  for (const quiz of root.querySelectorAll<HTMLElement>('[data-quiz]')) startQuiz(quiz, lesson);
  document.querySelector('[data-to-terminal]')?.addEventListener('click', (event) => {
    event.preventDefault();
    showLab();
    place.value = 'terminal';
    requestAnimationFrame(focusTerminal);
  });
  new MutationObserver(followTheme).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', followTheme);
  hearLab();
}
