/** What stands in the place of a text where there is none: no file chosen, loading, binary, too large, failed. */
import { maxFileBytes } from '@drydock/sandbox-server/protocol';
import { downloadAddress } from '../../client/editor/files-api.ts';
import type { OpenFile } from '../../client/editor/open-file.ts';
import { nameOf } from '../../client/editor/paths.ts';
import type { Workspace } from '../../client/editor/workspace.ts';

export function FileCard({ file, work }: { file: OpenFile | undefined; work: Workspace }) {
  if (!file) {
    return (
      <div class="file-card">
        <h2>No file is open</h2>
        <p>Choose one in the tree, or make one with New file. What you write here is on the host at once.</p>
      </div>
    );
  }
  const content = file.content.value;
  const name = nameOf(file.path.value);
  switch (content.name) {
    case 'loading':
      return (
        <div class="file-card" role="status">
          <p>Opening {name}</p>
        </div>
      );
    case 'binary':
      return (
        <div class="file-card">
          <h2>{name} is no text</h2>
          <p>
            It has {content.bytes.toLocaleString('en')} bytes that are not text in UTF-8, so it is not shown here.
            Nothing in it was changed.
          </p>
          <a class="button" href={downloadAddress(work.host, file.path.value)} download={name}>
            Download
          </a>
        </div>
      );
    case 'large':
      return (
        <div class="file-card">
          <h2>{name} is too large to open here</h2>
          <p>
            Files up to {maxFileBytes / 1024 / 1024} MB are shown. In the terminal, <code>less</code> shows it page by
            page, and <code>head</code> its first lines.
          </p>
        </div>
      );
    case 'failed':
      return (
        <div class="file-card" data-kind="failed" role="alert">
          <h2>{name} could not be opened</h2>
          <p>{content.why}</p>
          <button
            type="button"
            class="button"
            onClick={() => {
              void file.load();
              work.enter(file);
            }}
          >
            Try again
          </button>
        </div>
      );
    case 'text':
      return null;
  }
}
