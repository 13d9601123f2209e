/** The files of the home as a tree, and what can be done with them: by mouse, by keyboard, by dropping files on it. */
import { useRef, useState } from 'preact/hooks';
import { folderOf, join, nameOf, whyNoName } from '../../client/editor/paths.ts';
import type { Workspace } from '../../client/editor/workspace.ts';
import { hosts } from '../../client/lab-state.ts';
import { FileRows } from './FileRows.tsx';
import { NameField } from './NameField.tsx';
import { RowTools } from './RowTools.tsx';

/** What the tree asks for at the moment. */
export type Asking =
  | { readonly name: 'file' | 'folder'; readonly folder: string }
  | { readonly name: 'rename'; readonly path: string }
  | { readonly name: 'remove'; readonly path: string; readonly isFolder: boolean }
  | { readonly name: 'replace'; readonly file: string; readonly answer: (yes: boolean) => void };

export function FileTree({ work, setHost }: { work: Workspace; setHost: (host: string) => void }) {
  const [chosen, setChosen] = useState('');
  const [asking, setAsking] = useState<Asking | undefined>(undefined);
  const [drops, setDrops] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const { tree } = work;
  const entry = chosen ? tree.entry(chosen) : undefined;
  /** New things go into the folder in hand, or beside the file in hand. */
  const folder = !entry ? '' : entry.type === 'folder' ? chosen : folderOf(chosen);

  const upload = (files: FileList | null | undefined) => {
    const replace = (file: string) => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      setAsking({ name: 'replace', file, answer: resolve });
      return promise;
    };
    if (files && files.length > 0) void work.upload([...files], folder, replace);
  };
  return (
    <>
      <div class="tree-tools">
        {hosts.value.length > 1 && (
          <select aria-label="Host" value={work.host} onChange={(event) => setHost(event.currentTarget.value)}>
            {hosts.value.map((host) => (
              <option key={host}>{host}</option>
            ))}
          </select>
        )}
        <button type="button" class="button" onClick={() => setAsking({ name: 'file', folder })}>
          New file
        </button>
        <button type="button" class="button" onClick={() => setAsking({ name: 'folder', folder })}>
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
        <RowTools work={work} path={chosen} entry={entry} ask={setAsking} />
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
        {asking && <Ask asking={asking} work={work} done={() => setAsking(undefined)} />}
        {tree.problem.value ? (
          <p class="tree-note" role="alert">
            The files cannot be listed. {tree.problem.value}
          </p>
        ) : (
          <FileRows work={work} chosen={chosen} setChosen={setChosen} ask={setAsking} />
        )}
      </section>
    </>
  );
}

function Ask({ asking, work, done }: { asking: Asking; work: Workspace; done: () => void }) {
  if (asking.name === 'remove' || asking.name === 'replace') {
    const removes = asking.name === 'remove';
    const title = removes
      ? `Delete ${nameOf(asking.path)}${asking.isFolder ? ' and all that is in it' : ''}? It cannot be brought back.`
      : `There is a ${asking.file} already. Replace it?`;
    const answer = (yes: boolean) => {
      done();
      if (!removes) asking.answer(yes);
      else if (yes) void work.remove(asking.path);
    };
    return (
      <div
        class="tree-ask"
        role="alertdialog"
        aria-label={title}
        onKeyDown={(event) => event.key === 'Escape' && answer(false)}
      >
        <p>{title}</p>
        <button type="button" class="button strong" ref={(element) => element?.focus()} onClick={() => answer(true)}>
          {removes ? 'Delete' : 'Replace'}
        </button>
        <button type="button" class="button" onClick={() => answer(false)}>
          Keep it
        </button>
      </div>
    );
  }
  if (asking.name === 'rename') {
    const { path } = asking;
    const rename = (name: string) => {
      const to = join(folderOf(path), name);
      if (to !== path) void work.rename(path, to);
    };
    return (
      <NameField
        key={path}
        label={`New name of ${nameOf(path)}`}
        value={nameOf(path)}
        refuse={whyNoName}
        take={rename}
        done={done}
      />
    );
  }
  const { folder, name: kind } = asking;
  const place = folder ? ` in ${folder}` : '';
  const refuse = (name: string) =>
    whyNoName(name) ?? (work.tree.entry(join(folder, name)) ? `There is a ${name} already.` : undefined);
  const make = (name: string) => {
    const path = join(folder, name);
    void (kind === 'file' ? work.makeFile(path) : work.makeFolder(path));
  };
  return (
    <NameField key={kind} label={`Name of the new ${kind}${place}`} value="" refuse={refuse} take={make} done={done} />
  );
}
