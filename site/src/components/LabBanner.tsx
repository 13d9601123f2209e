/** A line above the terminal while something between page and shell is away. The terminal stays in sight under it. */
import { useEffect, useState } from 'preact/hooks';
import { retryNow } from '../client/lab-link.ts';
import { currentTerminal, draining, engine, link, phase, place, refusal, terminals } from '../client/lab-state.ts';
import { focusTerminal, replaceTerminal } from '../client/terminals.ts';

export function LabBanner() {
  if (['ended', 'failed', 'crowded', 'outdated'].includes(phase.value.name)) return null;
  return (
    <div class="banners" role="status">
      <LinkBanner />
      {engine.value === 'away' && link.value.name === 'connected' && (
        <p class="banner">
          <span>
            <b>The engine restarts.</b> Your shells and containers go on meanwhile; <code>docker</code> answers again in
            a few seconds.
          </span>
        </p>
      )}
      <DrainBanner />
      <RefusalBanner />
      <ExitedBanner />
    </div>
  );
}

function DrainBanner() {
  const soon = draining.value;
  if (!soon) return null;
  const at = soon.at?.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return (
    <p class="banner">
      <span>
        <b>Drydock will be taken down {at ? <>at {at}</> : 'soon'}.</b> You can work until then, and your lab is kept.
        No new labs are started meanwhile.
      </span>
    </p>
  );
}

function RefusalBanner() {
  if (!refusal.value) return null;
  const close = () => {
    refusal.value = undefined;
    focusTerminal();
  };
  return (
    <p class="banner">
      <span>{refusal.value}</span>
      <button type="button" class="steel-button" onClick={close}>
        Close
      </button>
    </p>
  );
}

function LinkBanner() {
  const now = link.value;
  const [, tick] = useState(0);
  const waits = now.name === 'waiting';
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => tick((count) => count + 1), 500);
    return () => clearInterval(timer);
  }, [waits]);
  if (now.name === 'connected') return null;
  if (now.name === 'connecting') {
    // The first connection has its own place (LabWaiting).
    if (phase.value.name === 'opening') return null;
    return (
      <p class="banner">
        <span>
          <b>Reconnecting.</b> Your shell goes on meanwhile.
        </span>
      </p>
    );
  }
  const seconds = Math.max(0, Math.ceil((now.retryAtMs - Date.now()) / 1000));
  return (
    <p class="banner">
      <span>
        <b>{now.why}</b> {phase.value.name === 'ready' && 'Your shell goes on; what you type now is not kept. '}
        <span aria-hidden="true">{seconds > 0 ? `Next try in ${seconds} s.` : 'Trying again.'}</span>
      </span>
      <button type="button" class="steel-button" onClick={retryNow}>
        Try now
      </button>
    </p>
  );
}

function ExitedBanner() {
  const current = terminals.value.find(({ id }) => id === currentTerminal.value);
  if (!current || current.running || phase.value.name !== 'ready' || place.value !== 'terminal') return null;
  return (
    <p class="banner">
      <span>
        <b>This shell has ended</b>
        {current.exitCode === null ? '.' : ` with exit code ${current.exitCode}.`} Your containers go on.
      </span>
      <button type="button" class="steel-button" onClick={() => replaceTerminal(current)}>
        Open a new one
      </button>
    </p>
  );
}
