/** Asks which of two texts is to stay: the one typed here, or the one that came to stand on the host meanwhile. */
import { useState } from 'preact/hooks';
import type { OpenFile } from '../../client/editor/open-file.ts';
import type { Workspace } from '../../client/editor/workspace.ts';

export function ConflictBox({ file, work }: { file: OpenFile; work: Workspace }) {
  const now = file.saving.value;
  if (now.name !== 'conflict') return null;
  if (now.theirs === null) {
    return (
      <div class="conflict" role="alertdialog" aria-label="The file is gone">
        <p>
          <b>This file was removed on the host.</b> What stands here is not saved anywhere else.
        </p>
        <p class="conflict-buttons">
          <button type="button" class="button strong" onClick={() => void file.settle('mine')}>
            Write it again
          </button>
          <button type="button" class="button" onClick={() => void work.close(file)}>
            Close it
          </button>
        </p>
      </div>
    );
  }
  return <Changed file={file} theirs={now.theirs} />;
}

function Changed({ file, theirs }: { file: OpenFile; theirs: string }) {
  const [looks, setLooks] = useState(false);
  return (
    <div class="conflict" role="alertdialog" aria-label="The file changed on the host">
      <p>
        <b>This file changed on the host while you edited it.</b> Nothing is saved until you choose.
      </p>
      <p class="conflict-buttons">
        <button type="button" class="button strong" onClick={() => void file.settle('mine')}>
          Keep mine
        </button>
        <button type="button" class="button" onClick={() => void file.settle('theirs')}>
          Take the host’s
        </button>
        <button type="button" class="button" aria-expanded={looks} onClick={() => setLooks(!looks)}>
          {looks ? 'Hide the host’s' : 'Show the host’s'}
        </button>
      </p>
      {looks && <textarea readOnly rows={4} aria-label="The text on the host" value={theirs} />}
    </div>
  );
}
