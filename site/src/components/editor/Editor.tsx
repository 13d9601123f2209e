/** The editor: the files of a host's home left, those that are open right. A part of its own, loaded when it is opened. */
import '../../style/editor.css';
import { useEffect, useState } from 'preact/hooks';
import { fileWish } from '../../client/editor/file-wish.ts';
import { workspaceOf } from '../../client/editor/workspaces.ts';
import { hosts } from '../../client/lab-state.ts';
import { FileArea } from './FileArea.tsx';
import { FileTabs } from './FileTabs.tsx';
import { FileTree } from './FileTree.tsx';

export function Editor() {
  const [host, setHost] = useState<string | undefined>(undefined);
  const [first = ''] = hosts.value;
  // Another lab may have other hosts.
  const work = workspaceOf(host && hosts.value.includes(host) ? host : first);
  const wish = fileWish.value;
  useEffect(() => {
    if (!wish) return;
    fileWish.value = undefined;
    const wanted = wish.host ?? first;
    setHost(wanted);
    workspaceOf(wanted).open(wish.path, { line: wish.line, keepsFocus: wish.keepsFocus });
  }, [wish, first]);
  return (
    <div class="editor">
      <FileTree work={work} setHost={setHost} />
      <div class="files">
        <FileTabs work={work} />
        <FileArea work={work} />
      </div>
    </div>
  );
}
