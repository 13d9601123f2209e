/** How a task stands, in words: its state, and while it is the one in hand, what was expected and what was found. */
import { withoutFound } from '../client/announce.ts';
import { lookOf, optionalTasks, type TaskLook, tasks } from '../client/lab-state.ts';
import { inlineCode } from '../lesson-components/inline-code.ts';

const words: Record<TaskLook, string> = {
  'to-come': 'To come',
  now: 'Now',
  done: 'Done',
  'done-for-you': 'Done for you',
};

export function TaskWord({ task }: { task: string }) {
  const look = lookOf(task);
  return <>{look === 'to-come' && optionalTasks.value.has(task) ? 'If you like' : words[look]}</>;
}

export function TaskFound({ task }: { task: string }) {
  const state = tasks.value.find(({ id }) => id === task);
  if (!state?.found || lookOf(task) !== 'now') return null;
  return (
    <p class="found">
      <b>Expected:</b> <Sentence text={state.expected} /> <b class="found-word">Found:</b>{' '}
      <Sentence text={withoutFound(state.found)} />
    </p>
  );
}

/** The server's sentence; backticks in it mean code. It is text, whatever stands in it. */
function Sentence({ text }: { text: string }) {
  return <>{inlineCode(text).map((piece) => (piece.isCode ? <code>{piece.text}</code> : piece.text))}</>;
}
