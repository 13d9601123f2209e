/** What in the lesson's text can be clicked besides commands: links to files of the student's home, and Copy on code blocks. */
import { copyText } from './clipboard.ts';
import { fileWish } from './editor/file-wish.ts';
import { announcement, place } from './lab-state.ts';
import { showLab } from './panes.ts';
import { filled } from './parameters.ts';

/** How long a button says that something was copied. */
const saidMs = 2000;

export function startTextTools(root: HTMLElement): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>('[data-open-file]')) {
    const { openFile = '', line, host } = button.dataset;
    button.addEventListener('click', () => {
      showLab();
      place.value = 'editor';
      fileWish.value = {
        host,
        path: filled(openFile),
        line: line === undefined ? undefined : Number(line),
        keepsFocus: false,
      };
    });
  }
  for (const button of root.querySelectorAll<HTMLButtonElement>('[data-copy-code]')) {
    const word = button.textContent;
    button.addEventListener('click', async () => {
      const lines = [...(button.parentElement?.querySelectorAll('.line') ?? [])];
      const copied = await copyText(lines.map(textOf).join(''));
      button.textContent = copied ? 'Copied' : 'Not copied';
      announcement.value = copied ? 'The code is copied.' : 'The browser did not let the code be copied.';
      setTimeout(() => {
        button.textContent = word;
      }, saidMs);
    });
  }
}

/** A line of code without the words that are there for screen readers. */
function textOf(line: Element): string {
  return [...line.childNodes]
    .filter((node) => !(node instanceof Element && node.classList.contains('unseen')))
    .map((node) => node.textContent)
    .join('');
}
