/** A field, and under it the places that have its words. Arrows go through them; Enter in the field opens the first. */
import { useEffect, useState } from 'preact/hooks';
import { type Found, find, type Piece, type SearchEntry, wordsOf } from '../client/search-index.ts';

export interface SearchDialogProps {
  readonly load: () => Promise<readonly SearchEntry[]>;
  readonly close: () => void;
}

export function SearchDialog({ load, close }: SearchDialogProps) {
  const [entries, setEntries] = useState<readonly SearchEntry[] | 'waiting' | 'failed'>('waiting');
  const [question, setQuestion] = useState('');
  const fetchEntries = () => {
    setEntries('waiting');
    load().then(setEntries, () => setEntries('failed'));
  };
  useEffect(fetchEntries, []);
  const found = typeof entries === 'string' ? [] : find(entries, question);

  return (
    <search onKeyDown={(event) => (event.key === 'Escape' ? close() : moveByArrows(event))}>
      <h2 id="search-title" class="unseen">
        Search
      </h2>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>('.search-found a')?.click();
        }}
      >
        <input
          type="search"
          aria-label="Search the lessons and the glossary"
          placeholder="Search the lessons and the glossary"
          autocomplete="off"
          spellcheck={false}
          maxLength={200}
          value={question}
          onInput={(event) => setQuestion(event.currentTarget.value)}
        />
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </form>
      <p class="search-said" role="status">
        {saying(entries, question, found)}
      </p>
      {entries === 'failed' && (
        <button type="button" class="button" onClick={fetchEntries}>
          Try again
        </button>
      )}
      <ol class="search-found">
        {found.map(({ entry, heading, excerpt }) => (
          <li key={entry.address}>
            <a href={entry.address} onClick={close}>
              <span class="search-page">{entry.page}</span>
              <b>
                <Marked pieces={heading} />
              </b>
              <span>
                <Marked pieces={excerpt} />
              </span>
            </a>
          </li>
        ))}
      </ol>
    </search>
  );
}

function Marked({ pieces }: { pieces: readonly Piece[] }) {
  return <>{pieces.map(({ text, isHit }) => (isHit ? <mark>{text}</mark> : text))}</>;
}

function saying(
  entries: readonly SearchEntry[] | 'waiting' | 'failed',
  question: string,
  found: readonly Found[],
): string {
  if (entries === 'waiting') return 'Loading the index.';
  if (entries === 'failed') return 'The index could not be loaded: the server does not answer.';
  if (wordsOf(question).length === 0) return 'A word, or a command: volume, docker ps, exit code.';
  if (found.length === 0) return 'No lesson has these words. Try others, or the beginning of one.';
  if (found.every(({ isWhole }) => !isWhole)) return 'No place has all of these words. These have some of them:';
  return found.length === 1 ? '1 place' : `${found.length} places`;
}

function moveByArrows(event: KeyboardEvent): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || !(event.currentTarget instanceof HTMLElement)) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('input, .search-found a')];
  const at = document.activeElement instanceof HTMLElement ? stops.indexOf(document.activeElement) : -1;
  event.preventDefault();
  stops[Math.min(Math.max(at + by, 0), stops.length - 1)]?.focus();
}
