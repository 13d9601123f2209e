/** The lab's tabs: terminals, the editor, a page for each published port. Arrows move; F2 renames, Delete closes a terminal. */
import type { TerminalState } from '@drydock/sandbox-server/protocol';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { canType, currentTerminal, hosts, type Place, phase, place, presets, terminals } from '../client/lab-state.ts';
import { type PreviewAddress, placeOf, previewTabs, showPreview } from '../client/previews.ts';
import { closeTerminal, openPreset, selectTerminal } from '../client/terminals.ts';
import { NewTerminal } from './NewTerminal.tsx';
import { TabTitleField } from './TabTitleField.tsx';

export function LabTabs() {
  const [renamed, setRenamed] = useState<string | undefined>(undefined);
  const isUp = phase.value.name === 'ready';
  return (
    <div class="tabs">
      {hosts.value.map((host) => (
        <span key={host} class="host" data-up={isUp}>
          {host}
        </span>
      ))}
      {isUp && (
        <div class="tab-list" role="tablist" aria-label="Lab" aria-describedby="tab-help" onKeyDown={moveByArrows}>
          {terminals.value.map((terminal) =>
            renamed === terminal.id ? (
              <TabTitleField key={terminal.id} terminal={terminal} done={() => setRenamed(undefined)} />
            ) : (
              <TerminalTab key={terminal.id} terminal={terminal} rename={() => setRenamed(terminal.id)} />
            ),
          )}
          {presets.value
            .filter(({ title }) => !terminals.value.some((terminal) => terminal.title === title))
            .map((preset) => (
              <Tab key={preset.title} id={`tab-preset-${preset.title}`} selected={false} go={() => openPreset(preset)}>
                <span>{preset.title}</span>
              </Tab>
            ))}
          <PlaceTab to="editor" go={() => (place.value = 'editor')}>
            <span>Editor</span>
          </PlaceTab>
          {previewTabs.value.map((address) => (
            <PreviewTab key={placeOf(address)} address={address} />
          ))}
        </div>
      )}
      {isUp && <NewTerminal disabled={!canType.value} />}
      <span id="tab-help" class="unseen">
        F2 renames a terminal, Delete closes it.
      </span>
    </div>
  );
}

interface TabProps {
  id: string;
  selected: boolean;
  go: () => void;
  children: ComponentChildren;
  title?: string;
  onDblClick?: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}

function Tab({ selected, go, children, ...rest }: TabProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (selected) button.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [selected]);
  return (
    <button
      type="button"
      role="tab"
      class="tab"
      ref={button}
      aria-selected={selected}
      aria-controls="lab-panel"
      tabIndex={selected ? 0 : -1}
      onClick={go}
      {...rest}
    >
      {children}
    </button>
  );
}

function PlaceTab({ to, go, children }: { to: Place; go: () => void; children: ComponentChildren }) {
  return (
    <Tab id={`tab-${to}`} selected={place.value === to} go={go}>
      {children}
    </Tab>
  );
}

function PreviewTab({ address }: { address: PreviewAddress }) {
  const several = hosts.value.length > 1;
  return (
    <PlaceTab to={placeOf(address)} go={() => showPreview(address)}>
      <span>
        Preview {several && address.host}:{address.port}
      </span>
    </PlaceTab>
  );
}

function TerminalTab({ terminal, rename }: { terminal: TerminalState; rename: () => void }) {
  const selected = place.value === 'terminal' && currentTerminal.value === terminal.id;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'F2') rename();
    else if (event.key === 'Delete') closeTerminal(terminal.id);
    else return;
    event.preventDefault();
  };
  return (
    <Tab
      id={`tab-${terminal.id}`}
      selected={selected}
      title="Double click or F2 to rename"
      go={() => selectTerminal(terminal.id)}
      onDblClick={rename}
      onKeyDown={onKeyDown}
    >
      <span>{terminal.title}</span>
      {hosts.value.length > 1 && <small>{terminal.host}</small>}
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
    </Tab>
  );
}

/** Goes to the tab beside, which opens it, unless it would start something: that takes Enter. */
function moveByArrows(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="tab"]')];
  const at = tabs.findIndex((tab) => tab.matches(':focus'));
  if (by === 0 || at < 0) return;
  const next = tabs[(at + by + tabs.length) % tabs.length];
  event.preventDefault();
  if (!next?.id.startsWith('tab-preset-')) next?.click();
  next?.focus();
}
