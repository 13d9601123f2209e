/** What the tree asks for at the moment: a name, or a yes. The keys go there, and back to the tree with the answer. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { folderOf, join, nameOf, whyNoName } from '../../client/editor/paths.ts';
import type { Replacing, Workspace } from '../../client/editor/workspace.ts';
import { NameField } from './NameField.tsx';

export type Asking =
  | { readonly name: 'file' | 'folder'; readonly folder: string }
  | { readonly name: 'rename'; readonly path: string }
  | { readonly name: 'remove'; readonly path: string; readonly isFolder: boolean }
  | { readonly name: 'replace'; readonly file: string; readonly answer: (replacing: Replacing) => void };

interface TreeAskProps {
  readonly asking: Asking;
  readonly work: Workspace;
  readonly done: () => void;
}

export function TreeAsk({ asking, work, done }: TreeAskProps) {
  switch (asking.name) {
    case 'remove': {
      const { path, isFolder } = asking;
      const title = `Delete ${nameOf(path)}${isFolder ? ' and all that is in it' : ''}? It cannot be brought back.`;
      const answer = (yes: boolean) => {
        done();
        if (yes) void work.remove(path);
      };
      return <Question key={asking} title={title} yes="Delete" answer={answer} />;
    }
    case 'replace': {
      const answer = (yes: boolean) => {
        done();
        asking.answer(yes ? 'replace' : 'keep');
      };
      const title = `There is a ${asking.file} already. Replace it?`;
      return <Question key={asking} title={title} yes="Replace" answer={answer} />;
    }
    case 'rename': {
      const { path } = asking;
      const rename = (name: string) => {
        const to = join(folderOf(path), name);
        if (to !== path) void work.rename(path, to);
      };
      const label = `New name of ${nameOf(path)}`;
      return <NameField key={asking} label={label} value={nameOf(path)} refuse={whyNoName} take={rename} done={done} />;
    }
    case 'file':
    case 'folder': {
      const { folder, name: kind } = asking;
      const label = `Name of the new ${kind}${folder ? ` in ${folder}` : ''}`;
      const refuse = (name: string) =>
        whyNoName(name) ?? (work.tree.entry(join(folder, name)) ? `There is a ${name} already.` : undefined);
      const make = (name: string) => {
        const path = join(folder, name);
        void (kind === 'file' ? work.makeFile(path) : work.makeFolder(path));
      };
      return <NameField key={asking} label={label} value="" refuse={refuse} take={make} done={done} />;
    }
  }
}

interface QuestionProps {
  readonly title: string;
  readonly yes: string;
  readonly answer: (yes: boolean) => void;
}

/** What is lost with a yes cannot be brought back, so the keys are on the no. */
function Question({ title, yes, answer }: QuestionProps) {
  const no = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => no.current?.focus(), []);
  return (
    <div
      class="tree-ask"
      role="alertdialog"
      aria-label={title}
      onKeyDown={(event) => event.key === 'Escape' && answer(false)}
    >
      <p>{title}</p>
      <button type="button" class="button strong" onClick={() => answer(true)}>
        {yes}
      </button>
      <button type="button" class="button" ref={no} onClick={() => answer(false)}>
        Keep it
      </button>
    </div>
  );
}
