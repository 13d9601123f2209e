/** The engine view: the student's own Docker as a picture or in words, always in sight below the terminal. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { engine, phase } from '../client/lab-state.ts';
import { AskBar } from './engine-view/AskBar.tsx';
import { HeightHandle } from './engine-view/HeightHandle.tsx';
import { News } from './engine-view/News.tsx';
import { Picture } from './engine-view/Picture.tsx';
import { asWords, heightPercent, isOpen, recallPanel, setAsWords, setOpen } from './engine-view/panel.ts';
import { type ThingKey, thingOf } from './engine-view/questions.ts';
import { chosenHost, shownView, views } from './engine-view/views.ts';
import { inWords, summary } from './engine-view/words.ts';

export function EngineView() {
  const [picked, setPicked] = useState<ThingKey | undefined>(undefined);
  const pickedFrom = useRef<Element | null>(null);
  const root = useRef<HTMLElement>(null);
  useEffect(recallPanel, []);
  const height = heightPercent.value;
  useEffect(() => root.current?.style.setProperty('--engine-height', `${height}dvh`), [height]);

  const view = shownView.value;
  const thing = view && picked ? thingOf(picked, view) : null;
  const close = () => {
    setPicked(undefined);
    if (pickedFrom.current instanceof HTMLElement) pickedFrom.current.focus();
  };
  const onPick = (key: ThingKey) => {
    if (key === picked) return close();
    pickedFrom.current = document.activeElement;
    setPicked(key);
  };

  const open = isOpen.value;
  return (
    <section class="engine-view" aria-label="Engine view" data-open={open} ref={root}>
      {open && <HeightHandle />}
      <div class="ev-head">
        <h2>
          Engine <small>{stateWords()}</small>
        </h2>
        <HostSwitch />
        <p class="ev-summary">{view ? summary(view) : ''}</p>
        {open && (
          <button type="button" aria-pressed={asWords.value} onClick={() => setAsWords(!asWords.value)}>
            In words
          </button>
        )}
        <button type="button" aria-expanded={open} class="ev-hide" onClick={() => setOpen(!open)}>
          {open ? 'Hide' : 'Show'}
        </button>
      </div>
      {open && (
        <div class="ev-body" tabIndex={-1}>
          {!view && (
            <p class="ev-empty ev-waiting">
              Your images, containers and networks show here as soon as the lab is ready, and change as you work.
            </p>
          )}
          {view && asWords.value && (
            <ul class="ev-words">
              {inWords(view).map((sentence, index) => (
                <li key={`${index} ${sentence}`}>{sentence}</li>
              ))}
            </ul>
          )}
          {view && !asWords.value && <Picture view={view} picked={picked} onPick={onPick} />}
        </div>
      )}
      {open && view && thing && <AskBar key={picked} thing={thing} host={view.host} close={close} />}
      {view && <News view={view} />}
    </section>
  );
}

function stateWords(): string {
  if (!shownView.value || phase.value.name !== 'ready') return 'not there yet';
  return engine.value === 'up' ? 'live' : 'away';
}

/** Which host is looked at, where the lab has several. */
function HostSwitch() {
  const hosts = [...views.value.keys()];
  if (hosts.length < 2) return null;
  return (
    <fieldset class="ev-hosts" aria-label="Host">
      {hosts.map((host) => (
        <button
          key={host}
          type="button"
          aria-pressed={host === shownView.value?.host}
          onClick={() => {
            chosenHost.value = host;
          }}
        >
          {host}
        </button>
      ))}
    </fieldset>
  );
}
