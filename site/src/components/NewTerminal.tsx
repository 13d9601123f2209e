/** The plus after the tabs. Where the lab has several hosts it asks on which one. */
import { useRef, useState } from 'preact/hooks';
import { hosts } from '../client/lab-state.ts';
import { openTerminal } from '../client/terminals.ts';

export function NewTerminal({ disabled }: { disabled: boolean }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const several = hosts.value.length > 1;
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div
      class="tab-new"
      onFocusOut={(event) => {
        if (event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) return;
        setOpen(false);
      }}
    >
      <button
        type="button"
        class="tab-add"
        ref={button}
        aria-label="New terminal"
        title="New terminal"
        disabled={disabled}
        {...(several ? { 'aria-haspopup': 'menu', 'aria-expanded': open } : {})}
        onClick={() => (several ? setOpen(!open) : openTerminal())}
      >
        +
      </button>
      {open && (
        <div class="host-menu" role="menu" aria-label="New terminal on" onKeyDown={(event) => moveInMenu(event, close)}>
          {hosts.value.map((host, number) => (
            <button
              key={host}
              type="button"
              role="menuitem"
              ref={(element) => {
                if (number === 0) element?.focus();
              }}
              onClick={() => {
                setOpen(false);
                openTerminal(host);
              }}
            >
              Terminal on <b>{host}</b>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function moveInMenu(event: KeyboardEvent & { currentTarget: HTMLElement }, close: () => void): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (event.key === 'Escape') close();
  else if (by !== 0) {
    const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="menuitem"]')];
    const at = items.findIndex((item) => item.matches(':focus'));
    items[(at + by + items.length) % items.length]?.focus();
  } else return;
  event.preventDefault();
}
