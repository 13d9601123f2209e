/** The engine view: the student's own Docker as a picture or in words, in sight below the terminal or beside it. */
import type { View } from '@drydock/sandbox-server/protocol';
import { useEffect, useRef, useState } from 'preact/hooks';
import { AskBar } from './engine-view/AskBar.tsx';
import { Builds } from './engine-view/Builds.tsx';
import { buildNews, buildsInWords } from './engine-view/build-words.ts';
import { HostSwitch } from './engine-view/HostSwitch.tsx';
import { ListNews } from './engine-view/ListNews.tsx';
import { News } from './engine-view/News.tsx';
import { Picture } from './engine-view/Picture.tsx';
import { asWords, isOpen, setAsWords, setOpen, startPanel } from './engine-view/panel.ts';
import { type ThingKey, thingOf } from './engine-view/questions.ts';
import { Registries } from './engine-view/Registries.tsx';
import { moveNews, registriesInWords } from './engine-view/registry-words.ts';
import { SizeHandle } from './engine-view/SizeHandle.tsx';
import { viewState } from './engine-view/view-state.ts';
import { builds, registries, shownView } from './engine-view/views.ts';
import { inWords, summary } from './engine-view/words.ts';

export function EngineView() {
  const [picked, setPicked] = useState<ThingKey | undefined>(undefined);
  const pickedFrom = useRef<Element | null>(null);
  const body = useRef<HTMLDivElement>(null);
  useEffect(startPanel, []);

  const view = shownView.value;
  const thing = view && picked ? thingOf(picked, view) : null;
  const focusBody = () => body.current?.focus({ preventScroll: true });
  const close = () => {
    setPicked(undefined);
    const from = pickedFrom.current;
    if (from instanceof HTMLElement && from.isConnected) from.focus();
    else focusBody();
  };
  const onPick = (key: ThingKey) => {
    if (key === picked) return close();
    pickedFrom.current = document.activeElement;
    setPicked(key);
  };

  const open = isOpen.value;
  const isPicture = view !== undefined && !asWords.value;
  return (
    <section class="engine-view" aria-label="Engine view">
      <SizeHandle />
      <div class="ev-head">
        <h2>
          Engine <small>{viewState.value}</small>
        </h2>
        <HostSwitch />
        <p class="ev-summary">{view && <Summary view={view} />}</p>
        <button
          type="button"
          class="ev-in-words"
          aria-pressed={asWords.value}
          onClick={() => setAsWords(!asWords.value)}
        >
          In words
        </button>
        <button type="button" aria-expanded={open} class="ev-hide" onClick={() => setOpen(!open)}>
          {open ? 'Hide' : 'Show'}
        </button>
      </div>
      {/* A picture's things take the focus themselves; words scroll by the keys of who is among them. */}
      <section class="ev-body" aria-label="What it holds" tabIndex={isPicture ? -1 : 0} ref={body}>
        {!view && (
          <p class="ev-empty ev-waiting">
            Your images, containers, networks and volumes show here as soon as the lab is ready, and change as you work.
          </p>
        )}
        {view && asWords.value && (
          <ul class="ev-words">
            {wordsOf(view).map((sentence, index) => (
              <li key={`${index} ${sentence}`}>{sentence}</li>
            ))}
          </ul>
        )}
        {view && isPicture && <Builds />}
        {view && isPicture && <Registries />}
        {view && isPicture && <Picture view={view} picked={picked} onPick={onPick} />}
      </section>
      {view && thing && <AskBar key={picked} thing={thing} host={view.host} close={close} onVanish={focusBody} />}
      {view && <News view={view} />}
      {registries.value && <ListNews view={registries.value} news={moveNews} />}
      {builds.value && <ListNews view={builds.value} news={buildNews} />}
    </section>
  );
}

/** What the picture shows, in its order. */
function wordsOf(view: View): readonly string[] {
  return [...buildsInWords(builds.value), ...inWords(view), ...registriesInWords(registries.value)];
}

function Summary({ view }: { view: View }) {
  const { things, memory } = summary(view);
  return (
    <>
      <span class="ev-things">{things} · </span>
      {memory}
    </>
  );
}
