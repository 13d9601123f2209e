/** One published port's page, in a frame on an origin of its own, under a line with its address. */
import { useEffect, useState } from 'preact/hooks';
import { wayInto } from '../client/enter-preview.ts';
import { canType, phase } from '../client/lab-state.ts';
import { isPublished, type OpenPreview } from '../client/previews.ts';
import { PreviewBar } from './PreviewBar.tsx';

type Frame =
  | { readonly name: 'asking' }
  /** `entry` tells this page from one that was asked for later. */
  | { readonly name: 'shown'; readonly address: string; readonly entry: string }
  | { readonly name: 'failed'; readonly message: string };

export function PreviewPage({ preview }: { preview: OpenPreview }) {
  const [frame, setFrame] = useState<Frame>({ name: 'asking' });
  const [tries, setTries] = useState(0);
  const { host, port, path, visit } = preview;
  const published = isPublished(preview);
  const isUp = published && phase.value.name === 'ready';
  const canAsk = canType.value;
  const entry = `${visit} ${tries}`;
  useEffect(() => {
    // Whatever comes after a port or a lab that went away is another page.
    if (!isUp) return setFrame({ name: 'asking' });
    // A page that is there stays as it is while the connection is lost and comes back.
    if (!canAsk || (frame.name === 'shown' && frame.entry === entry)) return;
    const over = new AbortController();
    setFrame({ name: 'asking' });
    wayInto({ host, port }, path, over.signal)
      .then((address) => setFrame({ name: 'shown', address, entry }))
      .catch((error: unknown) => {
        if (!over.signal.aborted) setFrame({ name: 'failed', message: sentenceOf(error) });
      });
    return () => over.abort();
  }, [isUp, canAsk, host, port, path, entry]);
  return (
    <>
      <PreviewBar preview={preview} />
      <div class="preview-frame">
        {frame.name === 'shown' && published && (
          <iframe
            key={frame.entry}
            src={frame.address}
            title={`The page on port ${port} of ${host}`}
            sandbox="allow-scripts allow-forms allow-same-origin"
            referrerpolicy="no-referrer"
          />
        )}
        {!published && (
          <div class="preview-card" role="status">
            <h2>Nothing is published on port {port}</h2>
            <p>
              As soon as a running container publishes it, its page shows here by itself. This publishes it, for a
              server that listens on port 80 in its container:
            </p>
            <pre>
              <code>docker run -d -p {port}:80 nginx</code>
            </pre>
          </div>
        )}
        {published && frame.name === 'asking' && (
          <div class="preview-card" role="status">
            <h2>Opening port {port}</h2>
            <div class="working" aria-hidden="true" />
          </div>
        )}
        {published && frame.name === 'failed' && (
          <div class="preview-card" data-kind="failed" role="alert">
            <h2>The page could not be opened</h2>
            <p>{frame.message}</p>
            <button type="button" class="button" onClick={() => setTries(tries + 1)}>
              Try again
            </button>
          </div>
        )}
      </div>
    </>
  );
}

function sentenceOf(error: unknown): string {
  if (error instanceof TypeError) return 'The server does not answer. Try again in a moment.';
  return error instanceof Error ? error.message : String(error);
}
