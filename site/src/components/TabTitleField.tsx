/** A terminal's title while it is changed: Enter keeps it, as leaving the field does; Escape leaves it as it was. */
import { maxTitleLength, type TerminalState } from '@drydock/sandbox-server/protocol';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { focusTerminal, renameTerminal } from '../client/terminals.ts';

export function TabTitleField({ terminal, done }: { terminal: TerminalState; done: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  // Once: drawn again while somebody types, it must not be selected again.
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  // The field also loses the focus when it goes away; only the first end counts.
  const over = useRef(false);
  const finish = (value: string | undefined) => {
    if (over.current) return;
    over.current = true;
    const title = value?.trim();
    if (title && title !== terminal.title) renameTerminal(terminal.id, title);
    done();
  };
  return (
    <input
      class="tab-title"
      aria-label="Title of the terminal"
      defaultValue={terminal.title}
      maxLength={maxTitleLength}
      ref={field}
      onBlur={(event) => finish(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'Escape') return;
        finish(event.key === 'Enter' ? event.currentTarget.value : undefined);
        focusTerminal();
      }}
    />
  );
}
