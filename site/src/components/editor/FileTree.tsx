/** The files of the home as a tree, and what can be done with them: by mouse, by keyboard, by dropping files on it. */
import { useRef, useState } from 'preact/hooks';
import { folderOf } from '../../client/editor/paths.ts';
import type { Replacing, Workspace } from '../../client/editor/workspace.ts';
import { hosts } from '../../client/lab-state.ts';
import { FileRows } from './FileRows.tsx';
import { RowTools } from './RowTools.tsx';
import { type Asking, TreeAsk } from './TreeAsk.tsx';

export function FileTree({ work, setHost }: { work: Workspace; setHost: (host: string) => void }) {
  const [asking, setAsking] = useState<Asking | undefined>(undefined);
  const [drops, setDrops] = useState(false);
  const asked = useRef<Asking | undefined>(undefined);
  const picker = useRef<HTMLInputElement>(null);
  const newFile = useRef<HTMLButtonElement>(null);
  const { tree } = work;
  const chosen = work.chosen.value;
  const entry = chosen ? tree.entry(chosen) : undefined;
  /** New things go into the folder in hand, or beside the file in hand. */
  const folder = !entry ? '' : entry.type === 'folder' ? chosen : folderOf(chosen);

  /** One question at a time; an upload whose question is put away ends there. */
  const ask = (next: Asking | undefined) => {
    const before = asked.current;
    asked.current = next;
    setAsking(next);
    if (before?.name === 'replace') before.answer('stop');
  };
  const done = () => {
    asked.current = undefined;
    setAsking(undefined);
    work.goTo.value = 'tree';
  };
  const listAgain = async () => {
    await tree.refresh();
    if (!tree.problem.value) work.goTo.value = 'tree';
  };
  const upload = (files: FileList | null | undefined) => {
    const replace = (file: string) => {
      const { promise, resolve } = Promise.withResolvers<Replacing>();
      ask({ name: 'replace', file, answer: resolve });
      return promise;
    };
    ask(undefined);
    if (files && files.length > 0) void work.upload([...files], folder, replace);
  };
  return (
    <>
      <div class="tree-tools">
        {hosts.value.length > 1 && (
          <select
            aria-label="Host"
            value={work.host}
            onChange={(event) => {
              ask(undefined);
              setHost(event.currentTarget.value);
            }}
          >
            {hosts.value.map((host) => (
              <option key={host}>{host}</option>
            ))}
          </select>
        )}
        <button type="button" class="button" ref={newFile} onClick={() => ask({ name: 'file', folder })}>
          New file
        </button>
        <button type="button" class="button" onClick={() => ask({ name: 'folder', folder })}>
          New folder
        </button>
        <button type="button" class="button" onClick={() => picker.current?.click()}>
          Upload
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            upload(event.currentTarget.files);
            event.currentTarget.value = '';
          }}
        />
        <RowTools work={work} path={chosen} entry={entry} ask={ask} />
      </div>
      <section
        class="tree"
        aria-label="Files"
        data-drops={drops}
        onDragOver={(event) => {
          event.preventDefault();
          setDrops(true);
        }}
        onDragLeave={() => setDrops(false)}
        onDrop={(event) => {
          event.preventDefault();
          setDrops(false);
          upload(event.dataTransfer?.files);
        }}
      >
        {asking && <TreeAsk asking={asking} work={work} done={done} />}
        {tree.problem.value ? (
          <div class="tree-note">
            <p role="alert">The files cannot be listed. {tree.problem.value}</p>
            <button type="button" class="button" onClick={() => void listAgain()}>
              Try again
            </button>
          </div>
        ) : (
          <FileRows work={work} ask={ask} takeKeys={() => newFile.current?.focus()} />
        )}
      </section>
    </>
  );
}
