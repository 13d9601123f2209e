/** Asks which of two texts is to stay: the one typed here, or the one that came to stand on the host meanwhile. */
import { useState } from 'preact/hooks';
import type { OpenFile, Theirs } from '../../client/editor/open-file.ts';
import type { Workspace } from '../../client/editor/workspace.ts';

export function ConflictBox({ file, work }: { file: OpenFile; work: Workspace }) {
  const now = file.saving.value;
  if (now.name !== 'conflict') return null;
  if (now.theirs.name !== 'gone') return <Changed file={file} work={work} theirs={now.theirs} />;
  return <Gone file={file} work={work} />;
}

function Gone({ file, work }: { file: OpenFile; work: Workspace }) {
  return (
    <div class="conflict" role="alertdialog" aria-label="The file is gone">
      <p>
        <b>This file was removed on the host.</b> What stands here is not saved anywhere else.
      </p>
      <p class="conflict-buttons">
        <button type="button" class="button strong" onClick={() => settle(file, work, 'mine')}>
          Write it again
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            work.drop(file);
            work.goTo.value = work.current.value ? 'text' : 'tree';
          }}
        >
          Close it
        </button>
      </p>
    </div>
  );
}

interface ChangedProps {
  readonly file: OpenFile;
  readonly work: Workspace;
  readonly theirs: Exclude<Theirs, { name: 'gone' }>;
}

function Changed({ file, work, theirs }: ChangedProps) {
  const [looks, setLooks] = useState(false);
  return (
    <div class="conflict" role="alertdialog" aria-label="The file changed on the host">
      <p>
        <b>This file changed on the host while you edited it.</b>{' '}
        {theirs.name === 'binary' && `It has ${theirs.bytes.toLocaleString('en')} bytes there that are no text. `}
        Nothing is saved until you choose.
      </p>
      <p class="conflict-buttons">
        <button type="button" class="button strong" onClick={() => settle(file, work, 'mine')}>
          Keep mine
        </button>
        <button type="button" class="button" onClick={() => settle(file, work, 'theirs')}>
          Take the host’s
        </button>
        {theirs.name === 'text' && (
          <button type="button" class="button" aria-expanded={looks} onClick={() => setLooks(!looks)}>
            {looks ? 'Hide the host’s' : 'Show the host’s'}
          </button>
        )}
      </p>
      {looks && theirs.name === 'text' && (
        <textarea ref={bringInSight} readOnly rows={4} aria-label="The text on the host" value={theirs.text} />
      )}
    </div>
  );
}

/** Where the lab is low, the question is scrolled in its own place. */
function bringInSight(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' });
}

/** The question goes with its answer, and the keys go back to the text. */
function settle(file: OpenFile, work: Workspace, keep: 'mine' | 'theirs'): void {
  void file.settle(keep);
  work.goTo.value = 'text';
}
