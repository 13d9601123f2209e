/** The line under the lab's place: its keys, and what can be done with it. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { startOver } from '../client/lab.ts';
import {
  canType,
  hosts,
  isBroken,
  phase,
  place,
  screenReader,
  searching,
  shownTerminals,
} from '../client/lab-state.ts';
import { setScreenReader, toggleSplit } from '../client/terminals.ts';

export function LabFoot() {
  const [asks, setAsks] = useState(false);
  const isReady = phase.value.name === 'ready';
  const newHostButton = useRef<HTMLButtonElement>(null);
  const wasKept = useRef(false);
  // What was kept: the focus goes back to the button that asked.
  useLayoutEffect(() => {
    if (!asks && wasKept.current) newHostButton.current?.focus();
    wasKept.current = false;
  }, [asks]);
  return (
    <div class="lab-foot" data-asks={asks}>
      <p id="terminal-help" hidden={place.value !== 'terminal'}>
        <kbd>F6</kbd> leaves the terminal
        <span class="if-wide"> and comes back; pressed twice, it is the program’s</span>.{' '}
        <span class="if-wider">
          <kbd>Ctrl Shift C</kbd> copies, <kbd>Ctrl Shift V</kbd> pastes.
        </span>
      </p>
      {place.value === 'editor' && (
        <p>
          <kbd>Ctrl M</kbd> lets <kbd>Tab</kbd> leave the editor. <span class="if-wide">Files save by themselves.</span>
        </p>
      )}
      <div class="lab-foot-tools">
        {asks ? (
          <Really
            remove={() => {
              setAsks(false);
              void startOver();
            }}
            keep={() => {
              setAsks(false);
              wasKept.current = true;
            }}
          />
        ) : (
          <>
            {place.value === 'terminal' && !isBroken.value && <TerminalTools />}
            <button
              type="button"
              class="steel-button"
              title="Removes what is here, and starts with a new one"
              ref={newHostButton}
              disabled={!isReady}
              onClick={() => setAsks(true)}
            >
              {hosts.value.length > 1 ? 'New hosts' : 'New host'}
            </button>
          </>
        )}
      </div>
    </div>
  );
}

function Really({ remove, keep }: { remove: () => void; keep: () => void }) {
  const first = useRef<HTMLButtonElement>(null);
  const several = hosts.value.length > 1;
  useLayoutEffect(() => first.current?.focus(), []);
  return (
    <span
      class="really"
      role="alertdialog"
      aria-label={`${several ? 'New hosts' : 'A new host'}?`}
      onKeyDown={(event) => event.key === 'Escape' && keep()}
    >
      Remove {several ? 'these hosts' : 'this host'} and all that is in {several ? 'them' : 'it'}, copies too?
      <button type="button" class="steel-button" ref={first} onClick={remove}>
        Remove
      </button>
      <button type="button" class="steel-button" onClick={keep}>
        Keep
      </button>
    </span>
  );
}

function TerminalTools() {
  const isSplit = shownTerminals.value.length > 1;
  return (
    <>
      <button
        type="button"
        class="steel-button"
        aria-pressed={screenReader.value}
        onClick={() => setScreenReader(!screenReader.value)}
      >
        Screen reader
      </button>
      <button
        type="button"
        class="steel-button"
        title="Ctrl Shift F"
        disabled={shownTerminals.value.length === 0}
        onClick={() => searching.value++}
      >
        Find
      </button>
      <button type="button" class="steel-button" aria-pressed={isSplit} disabled={!canType.value} onClick={toggleSplit}>
        Split
      </button>
    </>
  );
}
