/** The way into a published port's page: an address that lets this browser in, once, and leads on to a path. */
import { openPreview } from './api.ts';
import { sessionId } from './lab-link.ts';
import type { PreviewAddress } from './previews.ts';

/** Throws with a sentence for the student where there is no way in now. */
export async function wayInto({ host, port }: PreviewAddress, path: string, signal: AbortSignal): Promise<string> {
  const session = sessionId();
  if (!session) throw new Error('The lab is not connected. Try again in a moment.');
  const { url } = await openPreview(session, { host, port }, signal);
  return `${url}&to=${encodeURIComponent(path)}`;
}
