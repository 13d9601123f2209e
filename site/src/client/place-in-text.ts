/**
 * Keeps the place in the text when the page is reloaded, after Back and Forward, and when the window's width changes. Browsers do
 * that for a page that scrolls, but here only the text scrolls. Each entry of the history has its own place.
 */

/** The topmost block of the text that is visible, and how many pixels of it are above the edge. */
interface Place {
  readonly block: number;
  readonly above: number;
}

/** Browsers allow about 3 changes of an entry a second. */
const keepAfterMs = 300;

/** Follows the text, the element that scrolls; `blocks` are its blocks in order. To be called once. */
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
  // Fonts that are loaded later move the text. Where the student scrolls meanwhile, the place is left alone.
  const shown = text.scrollTop;
  void document.fonts.ready.then(() => text.scrollTop === shown && show(history.state));
  text.addEventListener('scroll', () => {
    timer ??= setTimeout(keep, keepAfterMs);
  });
  // Leaving this entry of the history keeps its place.
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
