/**
 * The editor's place. What draws it is large, and is loaded when the tab is opened for the first time. While the lab is
 * away it is out of sight and keeps what is open.
 */
import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { phase, place } from '../client/lab-state.ts';

export function EditorPlace() {
  const [Editor, setEditor] = useState<FunctionComponent | undefined>(undefined);
  const [failed, setFailed] = useState(false);
  const shown = place.value === 'editor';
  const wanted = shown && !Editor && !failed;
  useEffect(() => {
    if (!wanted) return;
    import('./editor/Editor.tsx').then(
      (part) => setEditor(() => part.Editor),
      () => setFailed(true),
    );
  }, [wanted]);
  return (
    <div class="editor-place" hidden={!shown || phase.value.name !== 'ready'}>
      {Editor && <Editor />}
      {!Editor && !failed && (
        <div class="lab-card" data-kind="waiting" role="status">
          <h2>Loading the editor</h2>
          <div class="working" aria-hidden="true" />
        </div>
      )}
      {failed && (
        <div class="lab-card" data-kind="failed" role="alert">
          <h2>The editor could not be loaded</h2>
          <p>A part of this page did not come. Your files are safe on the host.</p>
          <button type="button" class="steel-button strong" onClick={() => setFailed(false)}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}
