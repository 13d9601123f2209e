/** Shows a preview that nobody asked for: said in words, and never under a hand that types. */
import { announcement, hosts } from './lab-state.ts';
import type { PreviewWish } from './preview-wishes.ts';
import { coverWithPreview, previewAddress } from './previews.ts';

/** A hand that rested for so long has typed what it was about to type; and what was said of the task has been heard. */
const stillMs = 1_500;

/** Waits until no key was pressed for a while, from now on. */
export function openWhenStill(wish: PreviewWish): void {
  const over = new AbortController();
  const open = () => {
    over.abort();
    openNow(wish);
  };
  let timer = setTimeout(open, stillMs);
  const waitAnew = () => {
    clearTimeout(timer);
    timer = setTimeout(open, stillMs);
  };
  addEventListener('keydown', waitAnew, { capture: true, signal: over.signal });
}

function openNow({ host = hosts.peek()[0] ?? '', port }: PreviewWish): void {
  const address = previewAddress(host, port);
  coverWithPreview(address);
  announcement.value = `The page on port ${port} has opened in a tab beside the terminal.`;
}
