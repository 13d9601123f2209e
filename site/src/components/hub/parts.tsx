/** What all pages of the hub are made of. */
import type { HubPlatform } from '@drydock/sandbox-server/protocol';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { copyText } from '../../client/clipboard.ts';
import type { Asked } from '../../client/hub/asked.ts';
import { signInAddress } from '../../client/hub/sign-in.ts';
import { ago, diskSize } from '../engine-view/sizes.ts';

/** Draws what was asked for when it is there; until then, or if it does not come, says so. `what`: `the tags of ada/app`. */
export function Shown<T>({
  asked,
  what,
  waitsFor,
  children,
}: {
  asked: Asked<T>;
  what: string;
  /** Something else that is drawn in it: it waits for that too, so that nothing jumps. */
  waitsFor?: Pick<Asked<unknown>, 'value' | 'failure'>;
  children: (value: T) => ComponentChildren;
}) {
  const { value, failure, again } = asked;
  if (failure?.isMissing) return <Missing what={what} message={failure.message} />;
  const isHeld = waitsFor && waitsFor.value === undefined && !waitsFor.failure;
  if (value !== undefined && !isHeld)
    return (
      <>
        {failure && <Failed message={failure.message} again={again} />}
        {children(value)}
      </>
    );
  if (failure) return <Failed message={failure.message} again={again} />;
  return (
    <p class="hub-waiting" role="status">
      Asking the hub for {what}…
    </p>
  );
}

export function Missing({ message }: { what: string; message: string }) {
  return (
    <section class="hub-missing">
      <h1>Nothing here that you can see</h1>
      <p>{message}</p>
      <p>
        A private repository is seen by its owner and their colleagues alone. If it is yours, sign in, or open the lab
        that pushed it in this browser.
      </p>
      <p class="hub-actions">
        <a class="button strong" href="/hub/">
          Search the hub
        </a>
        <a class="button" href={signInAddress()}>
          Sign in
        </a>
      </p>
    </section>
  );
}

export function Failed({ message, again }: { message: string; again: () => Promise<void> }) {
  return (
    <div class="hub-failed" role="alert">
      <p>{message}</p>
      <button type="button" class="button" onClick={() => void again()}>
        Try again
      </button>
    </div>
  );
}

/** A command on a plate, to be copied. */
export function Plate({ command, label }: { command: string; label?: string }) {
  return (
    <div class="command hub-plate">
      {label !== undefined && <p class="command-where">{label}</p>}
      <pre>
        <code>{command}</code>
      </pre>
      <span class="command-tools">
        <Copy text={command} what={command} />
      </span>
    </div>
  );
}

interface CopyProps {
  readonly text: string;
  readonly what: string;
  readonly word?: string;
  readonly class?: string;
}

export function Copy({ text, what, word: idle = 'Copy', class: className }: CopyProps) {
  const [copied, setCopied] = useState<'' | 'done' | 'failed'>('');
  useEffect(() => {
    if (copied === '') return;
    const timer = setTimeout(() => setCopied(''), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const word = copied === 'done' ? 'Copied' : copied === 'failed' ? 'Cannot copy' : idle;
  return (
    <button
      type="button"
      class={className}
      aria-label={word.endsWith(what) ? word : `${word}: ${what}`}
      onClick={() => void copyText(text).then((done) => setCopied(done ? 'done' : 'failed'))}
    >
      {word}
    </button>
  );
}

/** A digest, short; all of it is in the title and on the clipboard. */
export function Digest({ digest }: { digest: string }) {
  if (digest === '') return <span class="hub-none">not yet</span>;
  return (
    <span class="hub-digest">
      <code title={digest}>{shortDigest(digest)}</code>
      <Copy class="link" text={digest} what={digest} />
    </span>
  );
}

export function shortDigest(digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return `${algorithm}:${hex.slice(0, 12)}`;
}

/** When something was, in words; exactly, in the title. */
export function When({ at }: { at: string }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return null;
  return (
    <time dateTime={at} title={new Date(ms).toLocaleString()}>
      {ago(now - ms)}
    </time>
  );
}

/** Of what may be too much to be counted. */
export function sizeWord(bytes: number | null): string {
  return bytes === null ? 'not counted' : diskSize(bytes);
}

export function platformWord({ os, architecture, variant }: HubPlatform): string {
  return [os, architecture, variant].filter((part) => part !== '').join('/') || 'unknown';
}

export function Badge({ kind }: { kind: 'official' | 'public' | 'private' }) {
  const words = { official: 'Official', public: 'Public', private: 'Private' } as const;
  return (
    <span class="hub-badge" data-kind={kind}>
      {words[kind]}
    </span>
  );
}

/** A question before something is lost. */
export function Question({
  title,
  children,
  yes,
  isBusy,
  said,
  onYes,
  onNo,
}: {
  title: string;
  children: ComponentChildren;
  yes: string;
  isBusy: boolean;
  said: string;
  onYes: () => void;
  onNo: () => void;
}) {
  return (
    <dialog
      class="dialog hub-question"
      ref={(dialog) => {
        if (dialog && !dialog.open) dialog.showModal();
      }}
      aria-labelledby="hub-question"
      onClose={onNo}
    >
      <h2 id="hub-question">{title}</h2>
      {children}
      {said !== '' && (
        <p class="hub-complaint" role="alert">
          {said}
        </p>
      )}
      <p class="dialog-buttons">
        <button type="button" class="button" onClick={onNo}>
          Keep it
        </button>
        <button type="button" class="button danger" disabled={isBusy} onClick={onYes}>
          {yes}
        </button>
      </p>
    </dialog>
  );
}
