/** How long ago something ended: `, 4 s ago`. Says nothing until the page's scripts run, so that pages built earlier stay true. */
import { useEffect, useState } from 'preact/hooks';
import { ago } from './sizes.ts';

const everyMs = 5_000;

export function Ago({ since }: { since: string }) {
  const [now, setNow] = useState(0);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [since]);
  const ms = now - Date.parse(since);
  return now === 0 || Number.isNaN(ms) ? null : <>, {ago(ms)}</>;
}
