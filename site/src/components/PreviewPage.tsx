/** One published port's page, in a frame on an origin of its own, under a line with its address. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { openPreview } from '../client/api.ts';
import { sessionId } from '../client/lab-link.ts';
import { canType } from '../client/lab-state.ts';
import { isPublished, type OpenPreview } from '../client/previews.ts';
import { PreviewBar } from './PreviewBar.tsx';

type Frame =
  | { readonly name: 'asking' }
  /** `after` is where to go once the entry has let this browser in. */
  | { readonly name: 'shown'; readonly address: string; readonly after: string | undefined; readonly visit: number }
  | { readonly name: 'failed'; readonly message: string };

export function PreviewPage({ preview }: { preview: OpenPreview }) {
  const [frame, setFrame] = useState<Frame>({ name: 'asking' });
  const [tries, setTries] = useState(0);
  const element = useRef<HTMLIFrameElement>(null);
  const { host, port, path, visit } = preview;
  const published = isPublished(preview);
  const ready = canType.value;
  useEffect(() => {
    if (!published || !ready) return;
    const over = new AbortController();
    setFrame({ name: 'asking' });
    enter(host, port, over.signal)
      .then((url) => {
        const after = path === '/' ? undefined : new URL(path, url).href;
        setFrame({ name: 'shown', address: url, after, visit });
      })
      .catch((error: unknown) => {
        if (!over.signal.aborted) setFrame({ name: 'failed', message: sentenceOf(error) });
      });
    return () => over.abort();
    // Anew for every visit, and whenever something is published there (again).
  }, [published, ready, host, port, path, visit, tries]);

  const onLoad = () => {
    if (frame.name !== 'shown' || !frame.after || !element.current) return;
    element.current.src = frame.after;
    setFrame({ ...frame, after: undefined });
  };
  return (
    <>
      <PreviewBar preview={preview} />
      <div class="preview-frame">
        {frame.name === 'shown' && published && (
          <iframe
            key={`${frame.visit} ${tries}`}
            ref={element}
            src={frame.address}
            title={`The page on port ${port} of ${host}`}
            sandbox="allow-scripts allow-forms allow-same-origin"
            referrerpolicy="no-referrer"
            onLoad={onLoad}
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

async function enter(host: string, port: number, signal: AbortSignal): Promise<string> {
  const session = sessionId();
  if (!session) throw new Error('The lab is not connected. Try again in a moment.');
  return (await openPreview(session, { host, port }, signal)).url;
}

function sentenceOf(error: unknown): string {
  if (error instanceof TypeError) return 'The server does not answer. Try again in a moment.';
  return error instanceof Error ? error.message : String(error);
}
