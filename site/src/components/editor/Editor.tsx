/** The editor: the files of a host's home left, those that are open right. A part of its own, loaded when it is opened. */
import '../../style/editor.css';
import { useEffect, useState } from 'preact/hooks';
import { Workspace } from '../../client/editor/workspace.ts';
import { hosts, link } from '../../client/lab-state.ts';
import { FileArea } from './FileArea.tsx';
import { FileTabs } from './FileTabs.tsx';
import { FileTree } from './FileTree.tsx';

export function Editor() {
  const [host, setHost] = useState(hosts.value[0] ?? '');
  return (
    <div class="editor">
      <Files key={host} host={host} setHost={setHost} />
    </div>
  );
}

function Files({ host, setHost }: { host: string; setHost: (host: string) => void }) {
  const [work, setWork] = useState<Workspace | undefined>(undefined);
  const connected = link.value.name === 'connected';
  useEffect(() => {
    const made = new Workspace(host);
    setWork(made);
    const flush = () => made.saveAll();
    document.addEventListener('visibilitychange', flush);
    return () => {
      document.removeEventListener('visibilitychange', flush);
      made.saveAll();
      made[Symbol.dispose]();
    };
  }, [host]);
  useEffect(() => {
    if (!work || !connected) return;
    // After a lost connection the server watches no more, and what happened meanwhile was not told.
    work.watch();
    void work.look();
    work.saveAll();
  }, [work, connected]);
  if (!work) return null;
  return (
    <>
      <FileTree work={work} setHost={setHost} />
      <div class="files">
        <FileTabs work={work} />
        <FileArea work={work} />
      </div>
    </>
  );
}
