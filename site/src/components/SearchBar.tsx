/** Searching in the scrollback of the terminal in hand: typing finds, Enter goes on, Escape ends it. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { currentTerminal, searching } from '../client/lab-state.ts';
import { focusTerminal, screens } from '../client/terminals.ts';

export function SearchBar() {
  return searching.value && currentTerminal.value ? <Search /> : null;
}

function Search() {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  /** Undefined until the terminal in hand was searched. */
  const [found, setFound] = useState<{ at: number; count: number } | undefined>(undefined);
  // Before the next key comes: it is meant for the field, and must not go to the shell. Asked for again, it leads back here.
  useLayoutEffect(() => field.current?.focus(), [searching.value]);
  // Who goes to the terminal beside means to be there: the focus stays with them, and Enter in the field searches that one.
  useLayoutEffect(() => {
    const view = screens.current;
    const stop = view?.onFound((at, count) => setFound({ at, count }));
    return () => {
      view?.find('', false, false);
      stop?.();
      setFound(undefined);
    };
  }, [currentTerminal.value]);
  const go = (backwards: boolean) => screens.current?.find(text, backwards, false);
  const close = () => {
    searching.value = 0;
    focusTerminal();
  };
  return (
    <search class="search" aria-label="Terminal">
      <input
        ref={field}
        type="search"
        aria-label="Find in this terminal"
        placeholder="Find in this terminal"
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          screens.current?.find(event.currentTarget.value, false, true);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') go(!event.shiftKey);
          else if (event.key === 'Escape') close();
          else return;
          event.preventDefault();
        }}
      />
      <span class="search-count" role="status">
        {text && found && wordsOf(found)}
      </span>
      <button type="button" class="steel-button" disabled={!text || found?.count === 0} onClick={() => go(true)}>
        Older
      </button>
      <button type="button" class="steel-button" disabled={!text || found?.count === 0} onClick={() => go(false)}>
        Newer
      </button>
      <button type="button" class="steel-button" onClick={close}>
        Close
      </button>
    </search>
  );
}

function wordsOf({ at, count }: { at: number; count: number }): string {
  if (count === 0) return 'Not found';
  return at < 0 ? `${count} and more` : `${at + 1} of ${count}`;
}
