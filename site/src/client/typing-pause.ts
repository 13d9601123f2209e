/** Waits for whoever types, so that nothing takes the keys away from under their hands. */

/** Calls `go` when nothing was typed into `place` for `pauseMs` from now on; never, if something was. */
export function afterTypingPause(place: EventTarget, pauseMs: number, go: () => void): void {
  const typed = new AbortController();
  const timer = setTimeout(() => {
    typed.abort();
    go();
  }, pauseMs);
  for (const event of ['keydown', 'input']) {
    const stay = () => {
      typed.abort();
      clearTimeout(timer);
    };
    place.addEventListener(event, stay, { capture: true, signal: typed.signal });
  }
}
