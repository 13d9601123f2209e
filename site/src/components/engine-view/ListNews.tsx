/** Tells a screen reader what is new in a list, builds or pushes and pulls: in the words of `news`, which are empty where nothing is. */
import { useEffect, useRef, useState } from 'preact/hooks';

interface Parts<List> {
  readonly view: List;
  readonly news: (before: List | undefined, now: List) => string;
}

export function ListNews<List>({ view, news }: Parts<List>) {
  const [said, setSaid] = useState('');
  const told = useRef<List | undefined>(undefined);
  useEffect(() => {
    const words = news(told.current, view);
    told.current = view;
    if (words !== '') setSaid(words);
  }, [view]);
  return (
    <p class="unseen" role="status" aria-live="polite">
      {said}
    </p>
  );
}
