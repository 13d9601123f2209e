/** A preview's address, to read and to change; reload; the same page in a window of its own. */
import { useEffect, useState } from 'preact/hooks';
import { wayInto } from '../client/enter-preview.ts';
import { hosts, refusal } from '../client/lab-state.ts';
import { closePreview, isPublished, type OpenPreview, visit } from '../client/previews.ts';

export function PreviewBar({ preview }: { preview: OpenPreview }) {
  const { host, port, path } = preview;
  const [typed, setTyped] = useState(path);
  useEffect(() => setTyped(path), [path]);
  const published = isPublished(preview);
  const several = hosts.value.length > 1;
  return (
    <form
      class="preview-bar"
      onSubmit={(event) => {
        event.preventDefault();
        visit(preview, pathOf(typed));
      }}
    >
      <button type="button" class="steel-button" disabled={!published} onClick={() => visit(preview, pathOf(path))}>
        Reload
      </button>
      <label class="preview-address">
        <span>{several ? `${host}:${port}` : `localhost:${port}`}</span>
        <input
          aria-label="Path of the page"
          value={typed}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          maxLength={2000}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="steel-button" disabled={!published}>
        Go
      </button>
      <button type="button" class="steel-button" disabled={!published} onClick={() => void openWindow(preview)}>
        New window
      </button>
      {!published && (
        <button type="button" class="steel-button" onClick={() => closePreview(preview)}>
          Close
        </button>
      )}
    </form>
  );
}

/** What was typed as a path on the same server; a whole address of it is taken apart. */
function pathOf(typed: string): string {
  const path = typed.trim().replace(/^https?:\/\/[^/]*/i, '');
  return `/${path.replace(/^[/\\]+/, '')}`;
}

/** The page in hand on its own origin, without a way back to this one. */
async function openWindow(preview: OpenPreview): Promise<void> {
  // At once: a window that opens later than the click is one that browsers keep shut.
  const opened = window.open('about:blank', '_blank');
  if (!opened) {
    refusal.value = 'The browser did not open a window. Allow this site to open windows, then press New window again.';
    return;
  }
  opened.opener = null;
  try {
    opened.location.replace(await wayInto(preview, preview.path, AbortSignal.timeout(10_000)));
  } catch (error) {
    opened.close();
    refusal.value = error instanceof Error ? error.message : String(error);
  }
}
