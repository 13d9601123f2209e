/** Says in a list of lessons, and of each track in it, how far this browser's student has come, and where to go on. */
import type { Progress } from '@drydock/sandbox-server/protocol';
import { stateOf, whereToGoOn } from './course-progress.ts';
import { followProgress, remembered } from './progress.ts';

const cards = [...document.querySelectorAll<HTMLAnchorElement>('[data-progress]')].map((card) => ({
  card,
  id: card.dataset.progress ?? '',
  tasks: card.dataset.tasks?.split(' ').filter(Boolean) ?? [],
  title: card.dataset.title ?? '',
}));
const ofTracks = [...document.querySelectorAll<HTMLElement>('[data-track-progress]')];
const goOn = document.querySelector<HTMLAnchorElement>('[data-go-on]');
const goOnWords = document.querySelector<HTMLElement>('[data-go-on-words]');

function show(progress: Progress): void {
  for (const lesson of cards) {
    const { done, look } = stateOf(lesson, progress);
    lesson.card.dataset.look = look;
    const words = lesson.card.querySelector('[data-progress-words]');
    if (words && look !== 'new')
      words.textContent = look === 'done' ? 'Done' : `${done} of ${lesson.tasks.length} tasks`;
    lesson.card.querySelectorAll<HTMLElement>('[data-tick]').forEach((tick, place) => {
      tick.dataset.state = place < done ? 'done' : 'to-come';
    });
  }
  for (const words of ofTracks) {
    const ids = words.dataset.trackProgress?.split(' ') ?? [];
    const done = cards.filter((lesson) => ids.includes(lesson.id) && stateOf(lesson, progress).look === 'done').length;
    words.textContent =
      done === 0 ? '' : done === ids.length ? ' · all done' : ` · ${done} of ${ids.length} lessons done`;
    words.dataset.look = done === ids.length ? 'done' : 'new';
  }
  showGoOn(progress);
}

function showGoOn(progress: Progress): void {
  if (!goOn || !goOnWords) return;
  const next = whereToGoOn(cards, progress, remembered().last);
  if (next) {
    const { done, look, now } = stateOf(next, progress);
    goOn.href = now ? `${next.card.href}#task-${now}` : next.card.href;
    goOn.textContent = `${look === 'new' ? 'Next' : 'Continue'}: ${next.title}`;
    goOnWords.textContent =
      done > 0 ? `${done} of ${next.tasks.length} tasks are done.` : `${next.tasks.length} tasks to do.`;
  } else {
    goOn.textContent = 'Choose a lesson to look at again';
    goOnWords.textContent = 'Everything that is here is done.';
  }
}

show(remembered());
followProgress(show);
