/**
 * The open files as tabs: arrows show one after another, Enter goes into its text, Delete or the cross closes; a dot says
 * that something is not saved yet.
 */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { OpenFile } from '../../client/editor/open-file.ts';
import { nameOf } from '../../client/editor/paths.ts';
import type { Workspace } from '../../client/editor/workspace.ts';

export function FileTabs({ work }: { work: Workspace }) {
  const list = useRef<HTMLDivElement>(null);
  const files = work.files.value;
  const hadFocus = list.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (!hadFocus || document.activeElement !== document.body) return;
    // The tab in hand was closed: the keys go to the one that is shown now, or back to where files are opened.
    const shown = list.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (shown) shown.focus();
    else work.goTo.value = 'tree';
  });
  if (files.length === 0) return null;
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="tab"]')];
    const at = tabs.findIndex((tab) => tab.matches(':focus'));
    const file = files[at];
    if (event.key === 'Delete' && file) void work.close(file);
    else if (by !== 0 && at >= 0) {
      const next = (at + by + files.length) % files.length;
      work.current.value = files[next];
      tabs[next]?.focus();
    } else return;
    event.preventDefault();
  };
  return (
    <div class="file-tabs" role="tablist" aria-label="Open files" ref={list} onKeyDown={onKeyDown}>
      {files.map((file) => (
        <FileTab key={file} file={file} work={work} />
      ))}
    </div>
  );
}

function FileTab({ file, work }: { file: OpenFile; work: Workspace }) {
  const path = file.path.value;
  const selected = work.current.value === file;
  const saved = file.saving.value.name === 'saved';
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (selected) button.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [selected]);
  return (
    <button
      type="button"
      ref={button}
      role="tab"
      class="file-tab"
      aria-selected={selected}
      aria-controls="file-panel"
      tabIndex={selected ? 0 : -1}
      title={path}
      onClick={() => work.enter(file)}
    >
      <span class="file-name">{nameOf(path)}</span>
      {!saved && <span class="unsaved">not saved yet</span>}
      <span
        class="tab-close"
        aria-hidden="true"
        title="Close"
        onClick={(event) => {
          event.stopPropagation();
          void work.close(file);
        }}
      >
        ×
      </span>
    </button>
  );
}
