/** The line under a file: how saving stands, in words; and what was last done or could not be. */
import type { OpenFile, Saving } from '../../client/editor/open-file.ts';
import type { Workspace } from '../../client/editor/workspace.ts';

export function SavingLine({ file, work }: { file: OpenFile | undefined; work: Workspace }) {
  const now = file?.content.value.name === 'text' ? file.saving.value : undefined;
  return (
    <div class="saving">
      <p class="saving-word" data-state={now?.name} role="status">
        {now && wordsOf(now)}
      </p>
      {now?.name === 'failed' && (
        <button type="button" class="link" onClick={() => void file?.save()}>
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
      return 'Not saved: it changed on the host';
  }
}
