/** A command to try, small: a click types it into the terminal and runs it. */
import { focusTerminal, runCommand } from '../client/lab.ts';
import { canType, refusal } from '../client/lab-state.ts';
import { showLab } from '../client/panes.ts';

export function CommandChip({ command, does }: { command: string; does: string }) {
  const onClick = () => {
    const lost = (reason: string) => {
      refusal.value = reason;
    };
    const why = runCommand(command, { started: () => {}, ended: () => {}, lost });
    refusal.value = why;
    showLab();
    if (!why) requestAnimationFrame(focusTerminal);
  };
  return (
    <button type="button" class="chip" disabled={!canType.value} onClick={onClick} title={`Run: ${does}`}>
      <code>{command}</code>
      <span>{does}</span>
    </button>
  );
}
