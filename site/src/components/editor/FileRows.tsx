/** The lines of the tree. Arrows move and open, Enter opens a file, F2 renames, Delete deletes. */
import { useRef } from 'preact/hooks';
import type { Row } from '../../client/editor/tree.ts';
import type { Workspace } from '../../client/editor/workspace.ts';
import type { Asking } from './FileTree.tsx';

interface FileRowsProps {
  readonly work: Workspace;
  readonly chosen: string;
  readonly setChosen: (path: string) => void;
  readonly ask: (asking: Asking) => void;
}

export function FileRows({ work, chosen, setChosen, ask }: FileRowsProps) {
  const list = useRef<HTMLDivElement>(null);
  const rows = work.tree.rows.value;
  const inHand = rows.some(({ path }) => path === chosen) ? chosen : rows[0]?.path;
  const goTo = (row: Row | undefined) => {
    if (!row) return;
    setChosen(row.path);
    list.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(row.path)}"]`)?.focus();
  };
  const enter = (row: Row) => {
    setChosen(row.path);
    if (row.entry.type === 'folder') void work.tree.toggle(row.path);
    else work.open(row.path);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = rows.findIndex(({ path }) => path === inHand);
    const row = rows[at];
    if (!row || event.ctrlKey || event.altKey || event.metaKey) return;
    const isFolder = row.entry.type === 'folder';
    const keys: Record<string, () => void> = {
      ArrowDown: () => goTo(rows[at + 1]),
      ArrowUp: () => goTo(rows[at - 1]),
      Home: () => goTo(rows[0]),
      End: () => goTo(rows.at(-1)),
      ArrowRight: () => {
        if (isFolder && !row.isOpen) void work.tree.toggle(row.path);
        else if (isFolder && rows[at + 1]?.level === row.level + 1) goTo(rows[at + 1]);
      },
      ArrowLeft: () => {
        if (row.isOpen) void work.tree.toggle(row.path);
        else goTo(rows.slice(0, at).findLast(({ level }) => level < row.level));
      },
      Enter: () => enter(row),
      ' ': () => enter(row),
      F2: () => ask({ name: 'rename', path: row.path }),
      Delete: () => ask({ name: 'remove', path: row.path, isFolder }),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  if (rows.length === 0) {
    const listed = work.tree.folders.value.has('');
    return <p class="tree-note">{listed ? 'There are no files yet. New file makes one.' : 'Looking for files'}</p>;
  }
  return (
    <div class="rows" role="tree" aria-label="Files of the home directory" ref={list}>
      {rows.map((row) => (
        <div
          key={row.path}
          role="treeitem"
          class="row"
          data-row={row.path}
          data-type={row.entry.type}
          style={{ '--level': row.level }}
          aria-level={row.level}
          aria-selected={row.path === chosen}
          {...(row.entry.type === 'folder' ? { 'aria-expanded': row.isOpen } : {})}
          tabIndex={row.path === inHand ? 0 : -1}
          onClick={() => enter(row)}
          onKeyDown={onKeyDown}
          onFocus={() => setChosen(row.path)}
        >
          <span class="row-name">{row.entry.name}</span>
          {row.entry.type === 'link' && <small>link</small>}
          {row.note === 'empty' && <small>empty</small>}
          {row.note === 'more' && <small>more in the terminal</small>}
        </div>
      ))}
    </div>
  );
}
