/** Something that the server is asked for, as a component sees it: on its way, there, or refused. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ServerRefusal } from '../api.ts';
import { sentenceFor } from './api.ts';

export interface Asked<T> {
  /** What came last; stays while it is asked for again. */
  readonly value: T | undefined;
  /** Why it did not come, where the last try failed. */
  readonly failure: { readonly message: string; readonly isMissing: boolean } | undefined;
  /** Resolves when it has come, or has failed. */
  readonly again: () => Promise<void>;
  readonly set: (value: T) => void;
}

/** While the engine restarts, it is asked again so often. */
const againMs = 2_000;

/** Asks when the component comes, when `key` changes, and when somebody comes back to the page: it may have changed meanwhile. */
export function useAsked<T>(key: string, ask: () => Promise<T>): Asked<T> {
  const [value, set] = useState<T | undefined>(undefined);
  const [failure, setFailure] = useState<Asked<T>['failure']>(undefined);
  const latest = useRef(0);
  const asking = useRef(ask);
  asking.current = ask;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const again = useCallback(async () => {
    const mine = ++latest.current;
    clearTimeout(timer.current);
    try {
      const got = await asking.current();
      if (mine !== latest.current) return;
      set(got);
      setFailure(undefined);
    } catch (error) {
      if (mine !== latest.current) return;
      const status = error instanceof ServerRefusal ? error.status : 0;
      setFailure({ message: sentenceFor(error), isMissing: status === 404 });
      if (status === 503 || status === 0) timer.current = setTimeout(() => void again(), againMs);
    }
  }, []);

  useEffect(() => {
    set(undefined);
    setFailure(undefined);
    void again();
    const onVisible = (): void => {
      if (document.visibilityState === 'visible') void again();
    };
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      latest.current++;
      clearTimeout(timer.current);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [key, again]);
  return { value, failure, again, set };
}
