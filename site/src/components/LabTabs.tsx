/** The lab's tabs: terminals, the editor, a page for each published port. Arrows move; F2 renames, Delete closes a terminal. */
import type { TerminalState } from '@drydock/sandbox-server/protocol';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isFocusLost } from '../client/focus.ts';
import { hasHubTab } from '../client/lab-hub.ts';
import { canType, currentTerminal, hosts, type Place, phase, place, presets, terminals } from '../client/lab-state.ts';
import { type PreviewAddress, placeOf, previewTabs, showPreview } from '../client/previews.ts';
import { closeTerminal, openPreset, selectTerminal } from '../client/terminals.ts';
import { NewTerminal } from './NewTerminal.tsx';
import { TabTitleField } from './TabTitleField.tsx';

export function LabTabs() {
  const [renamed, setRenamed] = useState<string | undefined>(undefined);
  const closed = useRef<string | undefined>(undefined);
  const list = useRef<HTMLDivElement>(null);
  const isUp = phase.value.name === 'ready';
  const isInTerminal = place.value === 'terminal' && currentTerminal.value !== undefined;
  const close = (id: string) => {
    closed.current = id;
    closeTerminal(id);
  };
  // The focus goes with the closed tab; the one that is in hand now has it next.
  useLayoutEffect(() => {
    if (terminals.value.some(({ id }) => id === closed.current)) return;
    if (closed.current && isFocusLost()) list.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    closed.current = undefined;
  }, [terminals.value]);
  return (
    <div class="tabs">
      {hosts.value.map((host) => (
        <span key={host} class="host" data-up={canType.value}>
          {host}
        </span>
      ))}
      {isUp && (
        <div
          class="tab-list"
          ref={list}
          role="tablist"
          aria-label="Lab"
          aria-describedby="tab-help"
          onKeyDown={moveByArrows}
        >
          {terminals.value.map((terminal) =>
            renamed === terminal.id ? (
              <TabTitleField key={terminal.id} terminal={terminal} done={() => setRenamed(undefined)} />
            ) : (
              <TerminalTab
                key={terminal.id}
                terminal={terminal}
                rename={() => setRenamed(terminal.id)}
                close={() => close(terminal.id)}
              />
            ),
          )}
          {presets.value
            .filter(({ title }) => !terminals.value.some((terminal) => terminal.title === title))
            .map((preset) => (
              <Tab key={preset.title} id={`tab-preset-${preset.title}`} selected={false} go={() => openPreset(preset)}>
                <span>{preset.title}</span>
              </Tab>
            ))}
          <PlaceTab
            to="editor"
            isEntry={place.value === 'terminal' && !isInTerminal}
            go={() => (place.value = 'editor')}
          >
            <span>Editor</span>
          </PlaceTab>
          {hasHubTab.value && (
            <PlaceTab to="hub" go={() => (place.value = 'hub')}>
              <span>Hub</span>
            </PlaceTab>
          )}
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
  /** Where Tab comes in although nothing is selected. */
  isEntry?: boolean | undefined;
  go: () => void;
  children: ComponentChildren;
  title?: string;
  onDblClick?: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}

function Tab({ selected, isEntry = false, go, children, ...rest }: TabProps) {
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
      tabIndex={selected || isEntry ? 0 : -1}
      onClick={go}
      {...rest}
    >
      {children}
    </button>
  );
}

function PlaceTab({ to, ...rest }: { to: Place } & Pick<TabProps, 'isEntry' | 'go' | 'children'>) {
  return <Tab id={`tab-${to}`} selected={place.value === to} {...rest} />;
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

interface TerminalTabProps {
  terminal: TerminalState;
  rename: () => void;
  close: () => void;
}

function TerminalTab({ terminal, rename, close }: TerminalTabProps) {
  const selected = place.value === 'terminal' && currentTerminal.value === terminal.id;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'F2') rename();
    else if (event.key === 'Delete') close();
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
      {hosts.value.length > 1 && !terminal.title.startsWith(terminal.host) && <small>{terminal.host}</small>}
      {!terminal.running && <small>ended</small>}
      <span
        class="tab-close"
        aria-hidden="true"
        title="Close"
        onClick={(event) => {
          event.stopPropagation();
          close();
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
