/** The task in hand in one line, at the bottom of a narrow page; leads to it. While there is no lab, why not; leads to more. */
import { goals, type LabPhase, neededTasks, optionalTasks, phase, taskNow, tasks } from '../client/lab-state.ts';
import { pane, showLab, showText } from '../client/panes.ts';
import { inlineCode } from '../lesson-components/inline-code.ts';

/** Why there is no lab; null while it is there, or about to be. */
function whyNoLab(now: LabPhase): string | null {
  switch (now.name) {
    case 'queued':
      return 'The machine is full: you are in a queue.';
    case 'crowded':
      return 'It waits for your answer.';
    case 'ended':
      return 'It is put away, or has ended.';
    case 'failed':
      return 'It could not start.';
    case 'outdated':
      return 'This page must be loaded anew.';
    default:
      return null;
  }
}

export function TaskLine() {
  const why = pane.value === 'lab' ? null : whyNoLab(phase.value);
  if (why !== null) {
    return (
      <button type="button" class="task-line" onClick={showLab}>
        <b>Lab</b> <span>{why}</span>
      </button>
    );
  }
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
