/** Tells a screen reader of builds: a sentence when one has gone on for a while, when it has ended, and when it has failed. */
import type { BuildsView } from '@drydock/sandbox-server/protocol';
import { useEffect, useRef, useState } from 'preact/hooks';
import { buildNews } from './build-words.ts';

export function BuildNews({ view }: { view: BuildsView }) {
  const [said, setSaid] = useState('');
  const told = useRef<BuildsView | undefined>(undefined);
  useEffect(() => {
    const news = buildNews(told.current, view);
    told.current = view;
    if (news !== '') setSaid(news);
  }, [view]);
  return (
    <p class="unseen" role="status" aria-live="polite">
      {said}
    </p>
  );
}
