/** What stands in the terminal's place while there is none: waiting, ended, failed. Says what, why and what next. */
import type { Crowded as CrowdedLabs } from '@drydock/sandbox-server/protocol';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { startAgain } from '../client/lab.ts';
import { idleMinutes, isBroken, link, phase, place, terminals } from '../client/lab-state.ts';
import { labs } from '../client/labs.ts';
import { openTerminal } from '../client/terminals.ts';

export function LabWaiting() {
  const now = phase.value;
  switch (now.name) {
    case 'opening':
      // The server has answered, and said why it cannot now.
      if (link.value.name === 'waiting') {
        return (
          <Card title="No Docker host yet" kind="waiting">
            <p>{link.value.why} This page asks again by itself.</p>
            <p>The text works without it. If this stays, tell whoever runs this Drydock.</p>
          </Card>
        );
      }
      return (
        <Card title="Asking for a Docker host" kind="waiting">
          <Elapsed key="opening" usual="This takes less than a second." slow="The server has not answered yet." />
        </Card>
      );
    case 'queued':
      return (
        <Card title="The machine is full" kind="waiting">
          <p class="place">
            <b>{now.place}</b>
            <span>{now.place === 1 ? 'You are next.' : `Your place in the queue. ${now.place - 1} before you.`}</span>
          </p>
          <p>
            Your host starts by itself as soon as somebody leaves; there is no need to reload. You can read on
            meanwhile.
          </p>
        </Card>
      );
    case 'starting':
      if (now.why === 'reset') {
        return (
          <Card title="Going back" kind="waiting">
            <Elapsed
              key="reset"
              usual="Files, containers and images become what they were then. This takes about a second."
              slow="It takes longer than it should. Nothing is lost meanwhile: it goes back whole, or not at all."
            />
          </Card>
        );
      }
      if (now.why === 'return') {
        return (
          <Card title="Bringing your lab back" kind="waiting">
            <Elapsed
              key="return"
              usual="It was put away as you left it. Files are as they were, and containers that ran are started again."
              slow="It takes longer than it should. Your files are safe; the machine may be busy."
            />
          </Card>
        );
      }
      if (now.step !== undefined) {
        return (
          <Card title="Waiting for an image" kind="waiting">
            <Elapsed
              key="image"
              usual="The lab needs an image that this machine makes on its first use. It starts by itself when that is done."
              slow="The lab needs an image that this machine makes on its first use: some minutes. You can read on meanwhile."
            />
            <p>
              <code>{now.step}</code>
            </p>
          </Card>
        );
      }
      return (
        <Card title="Preparing your Docker host" kind="waiting">
          <Elapsed
            key="starting"
            usual="A machine of your own, with Docker in it. This takes about a second."
            slow="It takes longer than it should. It may be the first start, when images are still being made."
          />
        </Card>
      );
    case 'ended':
      return <Ended reason={now.reason} yielded={now.yielded === true} />;
    case 'crowded':
      return <Crowded givesWay={now.givesWay} ends={now.ends} />;
    case 'failed':
      return (
        <Card title="The lab could not start" kind="failed">
          <p>{now.message}</p>
          <p>The text works without it. If this stays, tell whoever runs this Drydock.</p>
          <button type="button" class="steel-button strong" onClick={() => startAgain()}>
            Try again
          </button>
        </Card>
      );
    case 'outdated':
      return (
        <Card title="This page is older than the server" kind="failed">
          <p>Drydock was updated while the page was open, and the two no longer speak the same language.</p>
          <p>Your shells and containers go on.</p>
          <button type="button" class="steel-button strong" onClick={() => location.reload()}>
            Reload the page
          </button>
        </Card>
      );
    case 'ready':
      if (place.value !== 'terminal') return null;
      if (isBroken.value) return <Broken />;
      if (terminals.value.length > 0) return null;
      return (
        <Card title="No terminal is open" kind="empty">
          <p>Your host and its containers go on. Open a terminal to type into it.</p>
          <button type="button" class="steel-button strong" onClick={() => openTerminal()}>
            Open a terminal
          </button>
        </Card>
      );
  }
}

function Ended({
  reason,
  yielded,
}: {
  reason: 'idle' | 'request' | 'replaced' | 'left' | 'crowded' | 'operator';
  yielded: boolean;
}) {
  if (yielded) {
    return (
      <Card title="Your lab made room for somebody" kind="empty">
        <p>
          The machine is full, others waited, and this lab was not used for a while. It is put away as you left it:
          files, containers and tasks are kept.
        </p>
        <p>Come back whenever you like. Where the machine is still full then, you wait in the queue for a moment.</p>
        <button type="button" class="steel-button strong" onClick={() => startAgain()}>
          Go on where you were
        </button>
      </Card>
    );
  }
  if (reason === 'left' || reason === 'crowded') {
    return (
      <Card title="Your lab is put away" kind="empty">
        <p>
          {reason === 'left'
            ? 'Nobody has typed in it for long, so it rests to make room for others.'
            : 'You have opened another one. Three are open at once; this one was used longest ago.'}{' '}
          Files and containers are kept. What ran in its terminals has ended.
        </p>
        <button type="button" class="steel-button strong" onClick={() => startAgain()}>
          Go on where you were
        </button>
      </Card>
    );
  }
  const minutes = idleMinutes.value;
  const why = {
    idle: `Nothing happened in it for ${minutes ? `${minutes} minutes` : 'a while'}, so its host was removed to make room for others.`,
    request: 'Its host was removed, as asked.',
    operator: 'Whoever runs this Drydock has ended it.',
    replaced: 'It was started anew elsewhere, and that one took its place.',
  }[reason];
  return (
    <Card title="This lab has ended" kind="empty">
      <p>{why}</p>
      <p>Tasks that are done stay done. A new host takes about a second.</p>
      <button type="button" class="steel-button strong" onClick={() => startAgain()}>
        Start again
      </button>
    </Card>
  );
}

function LabLinks({ lessons }: { lessons: readonly string[] }) {
  const all = lessons.map((lesson) => labs.get(lesson) ?? { title: lesson, path: '/' });
  return (
    <>
      {all.map(({ title, path }, index) => (
        <>
          {index > 0 && ', '}
          <a href={path}>{title}</a>
        </>
      ))}
    </>
  );
}

function Crowded({ givesWay, ends }: CrowdedLabs) {
  return (
    <Card title={givesWay.length > 0 ? 'You have three labs open' : 'You have as many labs as are kept'} kind="empty">
      {givesWay.length > 0 && (
        <p>
          If you open this one, {givesWay.length === 1 ? 'this lab is' : 'these labs are'} put away:{' '}
          <LabLinks lessons={givesWay} />. Its files and containers are kept. What runs in its terminals ends.
        </p>
      )}
      {ends.length > 0 && (
        <p>
          If you open this one, {ends.length === 1 ? 'this lab is' : 'these labs are'} removed with all files and
          containers: <LabLinks lessons={ends} />. The tasks that are done stay done.
        </p>
      )}
      <p>You can go there first and finish what you do. The text of this page works without its lab.</p>
      <button type="button" class="steel-button strong" onClick={() => startAgain(false)}>
        Open this lab
      </button>
    </Card>
  );
}

function Broken() {
  return (
    <Card title="The terminal could not be loaded" kind="failed">
      <p>A part of this page did not come from the server, so terminals cannot be drawn in it.</p>
      <p>Your host goes on, and so do the editor and the previews. If this stays, tell whoever runs this Drydock.</p>
      <button type="button" class="steel-button strong" onClick={() => location.reload()}>
        Reload the page
      </button>
    </Card>
  );
}

interface CardProps {
  title: string;
  kind: 'waiting' | 'failed' | 'empty';
  children: ComponentChildren;
}

function Card({ title, kind, children }: CardProps) {
  return (
    <div class="lab-card" data-kind={kind} role={kind === 'failed' ? 'alert' : 'status'}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** A sentence, and from the third second on how long it has taken. */
function Elapsed({ usual, slow }: { usual: string; slow: string }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <div class="working" aria-hidden="true" />
      <p>{seconds < 4 ? usual : slow}</p>
      {seconds >= 3 && <p aria-hidden="true">{seconds} s so far</p>}
    </>
  );
}
