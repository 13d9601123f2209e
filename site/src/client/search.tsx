/** The search over all lessons: a dialog that is made when it is first opened. */
import { render } from 'preact';
import { SearchDialog } from '../components/SearchDialog.tsx';
import type { SearchEntry } from './search-index.ts';

let dialog: HTMLDialogElement | undefined;
let index: Promise<readonly SearchEntry[]> | undefined;

export function openSearch(): void {
  if (!dialog) {
    dialog = document.createElement('dialog');
    dialog.className = 'dialog search-dialog';
    dialog.setAttribute('aria-labelledby', 'search-title');
    document.body.append(dialog);
    const made = dialog;
    render(<SearchDialog load={load} close={() => made.close()} />, dialog);
  }
  if (dialog.open) return;
  dialog.showModal();
  dialog.querySelector('input')?.select();
}

/** Once; where it fails, the next time asks again. */
function load(): Promise<readonly SearchEntry[]> {
  index ??= fetch('/search.json').then(async (response) => {
    if (!response.ok) throw new Error(`search.json: ${response.status}`);
    return (await response.json()) as readonly SearchEntry[];
  });
  index.catch(() => {
    index = undefined;
  });
  return index;
}
