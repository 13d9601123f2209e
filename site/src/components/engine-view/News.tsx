/** Tells a screen reader what changed in the picture: one line of words, not more often than it can be listened to. */
import type { View } from '@drydock/sandbox-server/protocol';
import { useEffect, useRef, useState } from 'preact/hooks';
import { changes } from './words.ts';

/** A `docker run` changes the picture three times within a second; that is one piece of news. */
const pauseMs = 1_500;

export function News({ view }: { view: View }) {
  const [said, setSaid] = useState('');
  const told = useRef(view);
  const latest = useRef(view);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  latest.current = view;
  useEffect(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      // Another host is looked at: what it has is not news.
      const words = told.current.host === latest.current.host ? changes(told.current, latest.current) : '';
      told.current = latest.current;
      if (words !== '') setSaid(words);
    }, pauseMs);
  }, [view]);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  return (
    <p class="unseen" role="status" aria-live="polite">
      {said}
    </p>
  );
}
