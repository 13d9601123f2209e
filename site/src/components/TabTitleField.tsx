/** A terminal's title while it is changed: Enter keeps it, Escape leaves it as it was. */
import { maxTitleLength, type TerminalState } from '@drydock/sandbox-server/protocol';
import { useRef } from 'preact/hooks';
import { focusTerminal, renameTerminal } from '../client/terminals.ts';

export function TabTitleField({ terminal, done }: { terminal: TerminalState; done: () => void }) {
  // The field also loses the focus when it goes away; only the first end counts.
  const over = useRef(false);
  const finish = (value: string | undefined) => {
    if (over.current) return;
    over.current = true;
    const title = value?.trim();
    if (title && title !== terminal.title) renameTerminal(terminal.id, title);
    done();
    focusTerminal();
  };
  return (
    <input
      class="tab-title"
      aria-label="Title of the terminal"
      defaultValue={terminal.title}
      maxLength={maxTitleLength}
      ref={(element) => element?.select()}
      onBlur={(event) => finish(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') finish(event.currentTarget.value);
        if (event.key === 'Escape') finish(undefined);
      }}
    />
  );
}
