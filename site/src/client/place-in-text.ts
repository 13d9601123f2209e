/**
 * Keeps the place in the text over a reload, over Back and Forward, and over another width of the window. The browser does
 * that for a page that scrolls; here the text alone does. Each entry of the history has its own place.
 */

/** Which block of the text is the topmost in sight, and how many pixels of it are above the edge. */
interface Place {
  readonly block: number;
  readonly above: number;
}

/** Browsers allow about 3 changes of an entry a second. */
const keepAfterMs = 300;

/** Follows the text, which scrolls by itself; `blocks` are what it is made of, in order. Once. */
export function keepPlace(text: HTMLElement, blocks: readonly HTMLElement[]): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const keep = () => {
    clearTimeout(timer);
    timer = undefined;
    const place = placeOf(text, blocks);
    if (place) history.replaceState({ ...history.state, place }, '');
  };
  const show = (state: unknown) => {
    const place = kept(state);
    const block = place && blocks[place.block];
    if (place && block) text.scrollTop += topOf(block, text) + place.above;
  };
  show(history.state);
  // Faces that come later move the text; who scrolls meanwhile is left where they are.
  const shown = text.scrollTop;
  void document.fonts.ready.then(() => text.scrollTop === shown && show(history.state));
  text.addEventListener('scroll', () => {
    timer ??= setTimeout(keep, keepAfterMs);
  });
  // What leaves this entry of the history leaves it where it is now.
  addEventListener('pagehide', () => timer && keep());
  document.addEventListener('click', () => timer && keep(), { capture: true });
  addEventListener('popstate', ({ state }) => show(state));
}

function placeOf(text: HTMLElement, blocks: readonly HTMLElement[]): Place | undefined {
  // A narrow page shows something else.
  if (text.clientHeight === 0) return undefined;
  const block = blocks.findIndex((one) => topOf(one, text) + one.offsetHeight > 0);
  const first = blocks[block];
  return first && { block, above: Math.round(-topOf(first, text)) };
}

/** Below the text's upper edge, in pixels. */
function topOf(block: HTMLElement, text: HTMLElement): number {
  return block.getBoundingClientRect().top - text.getBoundingClientRect().top;
}

function kept(state: unknown): Place | undefined {
  if (typeof state !== 'object' || state === null || !('place' in state)) return undefined;
  const { place } = state;
  if (typeof place !== 'object' || place === null || !('block' in place) || !('above' in place)) return undefined;
  const { block, above } = place;
  return typeof block === 'number' && typeof above === 'number' ? { block, above } : undefined;
}
