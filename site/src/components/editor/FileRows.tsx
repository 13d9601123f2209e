/** The lines of the tree. Arrows move and open, Enter opens a file, F2 renames, Delete deletes. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Row } from '../../client/editor/tree.ts';
import type { Workspace } from '../../client/editor/workspace.ts';
import type { Asking } from './TreeAsk.tsx';

interface FileRowsProps {
  readonly work: Workspace;
  readonly ask: (asking: Asking) => void;
  /** Takes the keys that are meant for the tree while there is no line in it. */
  readonly takeKeys: () => void;
}

export function FileRows({ work, ask, takeKeys }: FileRowsProps) {
  const list = useRef<HTMLDivElement>(null);
  const place = useRef(0);
  const rows = work.tree.rows.value;
  const chosen = work.chosen.value;
  const chosenPlace = rows.findIndex(({ path }) => path === chosen);
  // In the place of a line that is gone stands the next one.
  place.current = Math.max(0, chosenPlace >= 0 ? chosenPlace : Math.min(place.current, rows.length - 1));
  const inHand = rows[place.current]?.path;
  const focusOn = (path: string | undefined) => {
    if (path === undefined) takeKeys();
    else list.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(path)}"]`)?.focus();
  };
  const isWanted = work.goTo.value === 'tree';
  const hadFocus = list.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    const now = document.activeElement;
    const isLost = hadFocus && (now === document.body || list.current?.contains(now) === true);
    if (isWanted) work.goTo.value = undefined;
    if (isWanted || isLost) focusOn(inHand);
  });
  const goTo = (row: Row | undefined) => {
    if (!row) return;
    work.chosen.value = row.path;
    focusOn(row.path);
  };
  const enter = (row: Row) => {
    work.chosen.value = row.path;
    if (row.entry.type === 'folder') void work.tree.toggle(row.path);
    else work.open(row.path);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = place.current;
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
          onFocus={() => (work.chosen.value = row.path)}
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
