/** Tells a screen reader what was pushed and pulled: a sentence when it has arrived, or has failed. */
import type { RegistriesView } from '@drydock/sandbox-server/protocol';
import { useEffect, useRef, useState } from 'preact/hooks';
import { moveNews } from './registry-words.ts';

export function MoveNews({ view }: { view: RegistriesView }) {
  const [said, setSaid] = useState('');
  const told = useRef<RegistriesView | undefined>(undefined);
  useEffect(() => {
    const news = moveNews(told.current, view);
    told.current = view;
    if (news !== '') setSaid(news);
  }, [view]);
  return (
    <p class="unseen" role="status" aria-live="polite">
      {said}
    </p>
  );
}
