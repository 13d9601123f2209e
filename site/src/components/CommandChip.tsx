/** A command to try, small: a click types it into the terminal and runs it. */
import { followRun } from '../client/follow-run.ts';
import { runCommand } from '../client/lab.ts';
import { canType, refusal } from '../client/lab-state.ts';
import { showLab } from '../client/panes.ts';

export function CommandChip({ command, does }: { command: string; does: string }) {
  const onClick = (click: MouseEvent) => {
    const lost = (reason: string) => {
      refusal.value = reason;
    };
    const why = runCommand(command, { started: () => {}, ended: () => {}, lost });
    refusal.value = why;
    if (why) showLab();
    else followRun(click);
  };
  return (
    <button type="button" class="chip" disabled={!canType.value} onClick={onClick} title={`Run: ${does}`}>
      <code>{command}</code>
      <span>{does}</span>
    </button>
  );
}
