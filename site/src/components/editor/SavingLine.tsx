/**
 * The line under a file: how saving stands, in words; and what was last done or could not be. A screen reader is told
 * when something is not saved, and not after every word that it is.
 */
import type { OpenFile, Saving } from '../../client/editor/open-file.ts';
import type { Workspace } from '../../client/editor/workspace.ts';

export function SavingLine({ file, work }: { file: OpenFile | undefined; work: Workspace }) {
  const now = file?.content.value.name === 'text' ? file.saving.value : undefined;
  return (
    <div class="saving">
      <p class="saving-word" data-state={now?.name}>
        {now && wordsOf(now)}
      </p>
      <p class="unseen" role="status">
        {(now?.name === 'failed' || now?.name === 'conflict') && wordsOf(now)}
      </p>
      {now?.name === 'failed' && (
        <button
          type="button"
          class="link"
          onClick={() => {
            void file?.save();
            work.goTo.value = 'text';
          }}
        >
          Try again
        </button>
      )}
      <p class="saving-said" role="status">
        {work.said.value}
      </p>
    </div>
  );
}

function wordsOf(now: Saving): string {
  switch (now.name) {
    case 'saved':
      return 'Saved on the host';
    case 'typed':
    case 'saving':
      return 'Saving';
    case 'failed':
      return `Not saved: ${now.why}`;
    case 'conflict':
      return now.theirs.name === 'gone' ? 'Not saved: it was removed on the host' : 'Not saved: it changed on the host';
  }
}
