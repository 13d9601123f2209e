/** The terminals as tabs: arrows move, F2 or a double click renames, Delete or the cross closes, + opens. */
import type { TerminalState } from '@drydock/sandbox-server/protocol';
import { maxTitleLength } from '@drydock/sandbox-server/protocol';
import { useRef, useState } from 'preact/hooks';
import { closeTerminal, focusTerminal, openTerminal, renameTerminal, selectTerminal } from '../client/lab.ts';
import { canType, currentTerminal, phase, terminals } from '../client/lab-state.ts';

export function TerminalTabs() {
  const [renamed, setRenamed] = useState<string | undefined>(undefined);
  const list = terminals.value;
  const isUp = phase.value.name === 'ready';
  return (
    <div class="tabs">
      <span class="host" data-up={isUp}>
        docker-host
      </span>
      {isUp && list.length > 0 && (
        <div class="tab-list" role="tablist" aria-label="Terminals" aria-describedby="tab-help">
          {list.map((terminal) =>
            renamed === terminal.id ? (
              <TitleField key={terminal.id} terminal={terminal} done={() => setRenamed(undefined)} />
            ) : (
              <Tab key={terminal.id} terminal={terminal} rename={() => setRenamed(terminal.id)} />
            ),
          )}
        </div>
      )}
      {isUp && (
        <button
          type="button"
          class="tab-add"
          aria-label="New terminal"
          title="New terminal"
          disabled={!canType.value}
          onClick={openTerminal}
        >
          +
        </button>
      )}
      <span id="tab-help" class="unseen">
        F2 renames a terminal, Delete closes it.
      </span>
    </div>
  );
}

function Tab({ terminal, rename }: { terminal: TerminalState; rename: () => void }) {
  const selected = currentTerminal.value === terminal.id;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'F2') rename();
    else if (event.key === 'Delete') closeTerminal(terminal.id);
    else if (event.key === 'ArrowRight') moveFrom(terminal.id, 1);
    else if (event.key === 'ArrowLeft') moveFrom(terminal.id, -1);
    else return;
    event.preventDefault();
  };
  return (
    <button
      type="button"
      role="tab"
      class="tab"
      id={`tab-${terminal.id}`}
      aria-selected={selected}
      aria-controls="terminal-panel"
      tabIndex={selected ? 0 : -1}
      title="Double click or F2 to rename"
      onClick={() => selectTerminal(terminal.id)}
      onDblClick={rename}
      onKeyDown={onKeyDown}
    >
      <span>{terminal.title}</span>
      {!terminal.running && <small>ended</small>}
      <span
        class="tab-close"
        aria-hidden="true"
        title="Close"
        onClick={(event) => {
          event.stopPropagation();
          closeTerminal(terminal.id);
        }}
      >
        ×
      </span>
    </button>
  );
}

function TitleField({ terminal, done }: { terminal: TerminalState; done: () => void }) {
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

function moveFrom(id: string, by: 1 | -1): void {
  const list = terminals.value;
  const place = list.findIndex((one) => one.id === id);
  const next = list[(place + by + list.length) % list.length];
  if (!next) return;
  selectTerminal(next.id);
  document.getElementById(`tab-${next.id}`)?.focus();
}
