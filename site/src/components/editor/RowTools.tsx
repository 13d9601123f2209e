/** What can be done with the file or folder in hand. */
import type { FileEntry } from '@drydock/sandbox-server/protocol';
import { maxFileBytes } from '@drydock/sandbox-server/protocol';
import { downloadAddress } from '../../client/editor/files-api.ts';
import type { Workspace } from '../../client/editor/workspace.ts';
import type { Asking } from './TreeAsk.tsx';

interface RowToolsProps {
  readonly work: Workspace;
  readonly path: string;
  /** Undefined while nothing is chosen. */
  readonly entry: FileEntry | undefined;
  readonly ask: (asking: Asking) => void;
}

export function RowTools({ work, path, entry, ask }: RowToolsProps) {
  const isFolder = entry?.type === 'folder';
  const of = entry ? { 'aria-description': entry.name } : {};
  const hasDownload = entry?.type === 'file' && entry.size <= maxFileBytes;
  return (
    <>
      <span class="tools-gap" />
      <button
        type="button"
        class="button"
        title="F2"
        disabled={!entry}
        {...of}
        onClick={() => ask({ name: 'rename', path })}
      >
        Rename
      </button>
      <button
        type="button"
        class="button"
        title="Delete"
        disabled={!entry}
        {...of}
        onClick={() => ask({ name: 'remove', path, isFolder })}
      >
        Delete
      </button>
      {hasDownload ? (
        <a class="button" href={downloadAddress(work.host, path)} download={entry.name} {...of}>
          Download
        </a>
      ) : (
        <button type="button" class="button" disabled>
          Download
        </button>
      )}
    </>
  );
}
