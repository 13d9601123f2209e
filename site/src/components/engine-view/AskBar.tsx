/** What one would type in the terminal to be told the same as the picked thing shows: one command at a time, to copy or run. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { CommandTools } from '../CommandTools.tsx';
import type { Thing } from './questions.ts';

interface AskBarProps {
  readonly thing: Thing;
  /** The lab's name of the host that it is on. */
  readonly host: string;
  readonly close: () => void;
  /** The bar goes, and the focus that was in it has to go elsewhere: the thing is no more. */
  readonly onVanish: () => void;
}

export function AskBar({ thing, host, close, onVanish }: AskBarProps) {
  const [asked, setAsked] = useState('');
  const bar = useRef<HTMLFieldSetElement>(null);
  useLayoutEffect(() => {
    const element = bar.current;
    element?.focus({ preventScroll: true });
    return () => {
      if (element?.contains(document.activeElement)) onVanish();
    };
  }, []);
  const question = thing.questions.find(({ about }) => about === asked) ?? thing.questions[0];
  if (!question) return null;
  return (
    <fieldset
      class="ev-ask"
      aria-label={`Ask Docker about ${thing.title}`}
      tabIndex={-1}
      ref={bar}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <p class="ev-ask-what">
        <b class="ev-cut">{thing.title}</b>
        {thing.questions.length > 1 &&
          thing.questions.map(({ about }) => (
            <button key={about} type="button" aria-pressed={about === question.about} onClick={() => setAsked(about)}>
              {about}
            </button>
          ))}
        <button type="button" class="ev-ask-close" aria-label="Close" onClick={close}>
          ×
        </button>
      </p>
      <div class="command">
        <pre>
          <code>{question.command}</code>
        </pre>
        <div class="command-tools">
          <CommandTools key={question.command} command={question.command} host={host} />
        </div>
      </div>
    </fieldset>
  );
}
