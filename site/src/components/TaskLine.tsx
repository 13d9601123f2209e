/** The task in hand in one line, at the bottom of a narrow page; leads to it. */
import { goals, neededTasks, optionalTasks, taskNow, tasks } from '../client/lab-state.ts';
import { showText } from '../client/panes.ts';
import { inlineCode } from '../lesson-components/inline-code.ts';

export function TaskLine() {
  const now = taskNow.value;
  const isOver = tasks.value.length > 0 && !now;
  if (isOver) return <p class="task-line">All {neededTasks.value.length} tasks are done.</p>;
  const id = now?.id ?? goals.value.keys().next().value;
  const goal = id && goals.value.get(id);
  if (!goal) return null;
  const onClick = () => {
    showText();
    document.getElementById(`task-${id}`)?.scrollIntoView({ block: 'center' });
  };
  return (
    <button type="button" class="task-line" onClick={onClick}>
      <b>{now && optionalTasks.value.has(now.id) ? 'Challenge' : 'Now'}</b>{' '}
      <span>{inlineCode(goal).map((piece) => (piece.isCode ? <code>{piece.text}</code> : piece.text))}</span>
    </button>
  );
}
