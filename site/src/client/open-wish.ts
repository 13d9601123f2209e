/** Opens a preview by itself, when a task is done. It is announced, and it waits until the student does not type. */
import { announcement, hosts } from './lab-state.ts';
import type { PreviewWish } from './preview-wishes.ts';
import { coverWithPreview, previewAddress } from './previews.ts';

/** A student who has pressed no key for so long has finished typing, and has heard what was said of the task. */
const stillMs = 1_500;

/** Opens the preview once no key was pressed for a while. */
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
