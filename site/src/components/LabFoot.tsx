/** The line under the terminal: its keys, and what can be done with the lab as a whole. */
import { useState } from 'preact/hooks';
import { setScreenReader, startOver } from '../client/lab.ts';
import { phase, screenReader } from '../client/lab-state.ts';

export function LabFoot() {
  const [asks, setAsks] = useState(false);
  return (
    <div class="lab-foot" data-asks={asks}>
      <p id="terminal-help">
        <kbd>F6</kbd> leaves the terminal.{' '}
        <span class="wide-only">
          <kbd>Ctrl Shift C</kbd> copies, <kbd>Ctrl Shift V</kbd> pastes.
        </span>
      </p>
      <div class="lab-foot-tools">
        {asks ? (
          <span class="really" role="alertdialog" aria-label="Start over?">
            Remove this host and all that is in it?
            <button
              type="button"
              class="steel-button"
              ref={(element) => element?.focus()}
              onClick={() => {
                setAsks(false);
                void startOver();
              }}
            >
              Remove
            </button>
            <button type="button" class="steel-button" onClick={() => setAsks(false)}>
              Keep
            </button>
          </span>
        ) : (
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
              disabled={phase.value.name !== 'ready'}
              onClick={() => setAsks(true)}
            >
              Start over
            </button>
          </>
        )}
      </div>
    </div>
  );
}
