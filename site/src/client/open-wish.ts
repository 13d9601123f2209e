/** Opens what a lesson asks for by itself: a preview, or a file. It is announced, and it waits until the student does not type. */
import { fileWish } from './editor/file-wish.ts';
import type { EditorWish } from './editor-wishes.ts';
import { announcement, hosts, phase, place } from './lab-state.ts';
import type { PreviewWish } from './preview-wishes.ts';
import { coverWithPreview, previewAddress } from './previews.ts';

/** A student who has pressed no key for so long has finished typing, and has heard what was said of the task. */
const stillMs = 1_500;

/** Calls `open` once no key was pressed for a while. */
function whenStill(open: () => void): void {
  const over = new AbortController();
  const openNow = () => {
    over.abort();
    open();
  };
  let timer = setTimeout(openNow, stillMs);
  const waitAnew = () => {
    clearTimeout(timer);
    timer = setTimeout(openNow, stillMs);
  };
  addEventListener('keydown', waitAnew, { capture: true, signal: over.signal });
}

/** Calls `act` as soon as the lab is ready: before that it has no files to show. */
function whenReady(act: () => void): void {
  if (phase.peek().name === 'ready') {
    act();
    return;
  }
  const stop = phase.subscribe(({ name }) => {
    if (name !== 'ready') return;
    stop();
    act();
  });
}

export function openPreviewWhenStill({ host, port }: PreviewWish): void {
  whenStill(() => {
    const address = previewAddress(host ?? hosts.peek()[0] ?? '', port);
    coverWithPreview(address);
    announcement.value = `The page on port ${port} has opened in a tab beside the terminal.`;
  });
}

export function openFileWhenStill({ host, path, line }: EditorWish): void {
  const open = () => {
    place.value = 'editor';
    fileWish.value = { host, path, line, keepsFocus: true };
    announcement.value = `The file ${path} has opened in the editor beside the terminal.`;
  };
  whenReady(() => whenStill(open));
}
