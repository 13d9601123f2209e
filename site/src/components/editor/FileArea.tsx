/** The file in hand: its text in Monaco, or why it is not shown; what is asked about it; how saving stands. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { CodePlace } from '../../client/editor/code-place.ts';
import type { Workspace } from '../../client/editor/workspace.ts';
import { ConflictBox } from './ConflictBox.tsx';
import { FileCard } from './FileCard.tsx';
import { SavingLine } from './SavingLine.tsx';

export function FileArea({ work }: { work: Workspace }) {
  const place = useRef<HTMLDivElement>(null);
  const [code, setCode] = useState<CodePlace | undefined>(undefined);
  const file = work.current.value;
  const isText = file?.content.value.name === 'text';
  useEffect(() => {
    if (!place.current) return;
    const made = new CodePlace(place.current, work);
    setCode(made);
    return () => made[Symbol.dispose]();
  }, [work]);
  useEffect(() => code?.show(isText ? file : undefined), [code, file, isText]);
  return (
    <div class="file-area" id="file-panel" role="tabpanel" aria-label={file ? file.path.value : 'No file'}>
      {file && <ConflictBox key={file} file={file} work={work} />}
      <div class="code-frame">
        <div class="code" ref={place} hidden={!isText} />
        {!isText && <FileCard file={file} work={work} />}
      </div>
      <SavingLine file={file} work={work} />
    </div>
  );
}
