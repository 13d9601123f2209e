/** One build: what has come of it, and its stages side by side. Its steps can be folded away, and stay so for those that follow. */
import type { ViewBuild, ViewBuildStage, ViewBuildStep } from '@drydock/sandbox-server/protocol';
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { buildWords, builtName, contextWords, stepWords } from './build-words.ts';
import { layerColour } from './layer-colours.ts';
import { diskSize } from './sizes.ts';

/** More steps than this of one stage are drawn as one line that counts them: those in the middle. */
const mostDrawn = 12;
const isFolded = signal(false);

export function BuildCard({ build }: { build: ViewBuild }) {
  const { state, stages } = build;
  const open = !isFolded.value;
  const context = contextWords(build);
  const name = builtName(build);
  return (
    <li class="ev-build" data-state={state}>
      <p class="ev-title">
        <b class="ev-cut" title={name}>
          {name}
        </b>
        <button
          type="button"
          class="ev-fold"
          aria-expanded={open}
          aria-label={`Steps of ${name}`}
          onClick={() => {
            isFolded.value = open;
          }}
        >
          {open ? 'Fold' : 'Steps'}
        </button>
      </p>
      <p class="ev-note ev-build-words">{buildWords(build)}</p>
      {open && (
        <div class="ev-stages">
          {stages.map((stage, place) => (
            <Stage key={`${place} ${stage.name}`} stage={stage} isOver={state !== 'going'} />
          ))}
        </div>
      )}
      {open && context !== '' && <p class="ev-note">{context}</p>}
    </li>
  );
}

function Stage({ stage, isOver }: { stage: ViewBuildStage; isOver: boolean }) {
  const { name, base, steps } = stage;
  const left = steps.length - mostDrawn;
  const [first, last] = left > 0 ? [steps.slice(0, 3), steps.slice(left + 4)] : [steps, []];
  return (
    <div class="ev-stage">
      <p class="ev-note ev-cut" title={`FROM ${base}`}>
        {name !== '' && <b>{name}</b>} from {base}
      </p>
      <ol class="ev-steps">
        {first.map((step, place) => (
          <Step key={place} step={step} isOver={isOver} />
        ))}
        {left > 0 && (
          <li class="ev-step" data-state="note">
            <span>{steps.length - first.length - last.length} more</span>
          </li>
        )}
        {last.map((step, place) => (
          <Step key={place + steps.length - last.length} step={step} isOver={isOver} />
        ))}
      </ol>
    </div>
  );
}

function Step({ step, isOver }: { step: ViewBuildStep; isOver: boolean }) {
  const { does, state, line, layer, bytes } = step;
  const { colour, stripes } = layerColour(layer);
  const where = line === null ? '' : ` (line ${line})`;
  const made = layer === '' ? '' : `\nlayer ${layer}, ${diskSize(bytes)}`;
  return (
    <li class="ev-step" data-state={state} title={`${does}${where}${made}`}>
      {layer === '' ? (
        <i class="ev-made" aria-hidden="true" />
      ) : (
        <i class="ev-made" data-colour={colour} data-stripes={stripes} aria-hidden="true" />
      )}
      <span class="ev-cut">{does}</span>
      <em>{state === 'running' ? <Running /> : stepWords(step, isOver)}</em>
    </li>
  );
}

/** For how long a step runs, by this machine's clock, from when it was seen. */
function Running() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const since = Date.now();
    const timer = setInterval(() => setSeconds(Math.floor((Date.now() - since) / 1000)), 1_000);
    return () => clearInterval(timer);
  }, []);
  return <>{seconds < 1 ? 'running' : `running ${seconds} s`}</>;
}
