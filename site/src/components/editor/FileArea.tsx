/** The file in hand: its text in Monaco, or why it is not shown; what is asked about it; how saving stands. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { CodePlace } from '../../client/editor/code-place.ts';
import type { Workspace } from '../../client/editor/workspace.ts';
import { ConflictBox } from './ConflictBox.tsx';
import { FileCard } from './FileCard.tsx';
import { SavingLine } from './SavingLine.tsx';

export function FileArea({ work }: { work: Workspace }) {
  const panel = useRef<HTMLDivElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const [code, setCode] = useState<CodePlace | undefined>(undefined);
  const file = work.current.value;
  const isText = file?.content.value.name === 'text';
  const isLoading = file?.content.value.name === 'loading';
  const goTo = work.goTo.value;
  const line = work.line.value;
  useLayoutEffect(() => {
    if (!place.current) return;
    const made = new CodePlace(place.current);
    setCode(made);
    return () => made[Symbol.dispose]();
  }, []);
  // Before the next key comes: it is meant for the file that was just opened.
  useLayoutEffect(() => {
    if (!code) return;
    code.show(isText ? file : undefined);
    if (isText && line !== undefined) {
      if (line.file === file) code.goToLine(line.number);
      work.line.value = undefined;
    }
    if (goTo !== 'text' && goTo !== 'panel') return;
    if (goTo === 'text' && isText) code.focus();
    else panel.current?.focus();
    // A text that is still on its way gets the keys when it is there.
    if (goTo === 'panel' || !isLoading) work.goTo.value = undefined;
  }, [code, work, file, isText, isLoading, goTo, line]);
  return (
    <div
      class="file-area"
      id="file-panel"
      role="tabpanel"
      tabIndex={-1}
      aria-label={file ? file.path.value : 'No file'}
      ref={panel}
      onFocusOut={(event) => {
        const to = event.relatedTarget;
        // The student went elsewhere, and is not called back.
        const isAway = to instanceof Node && !event.currentTarget.contains(to);
        if (isAway && goTo === 'text') work.goTo.value = undefined;
      }}
    >
      {file && <ConflictBox key={file} file={file} work={work} />}
      <div class="code-frame">
        <div class="code" ref={place} hidden={!isText} />
        {!isText && <FileCard file={file} work={work} />}
      </div>
      <SavingLine file={file} work={work} />
    </div>
  );
}
