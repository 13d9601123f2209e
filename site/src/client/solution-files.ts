/** Puts a file of a solution into the student's home, over whatever stood there. */
import { type Failure, routes } from '@drydock/sandbox-server/protocol';
import { sessionId } from './lab.ts';

/** Throws with the server's sentence where it cannot be written. Folders that are missing are made. */
export async function writeSolutionFile(
  host: string | undefined,
  path: string,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const session = sessionId();
  if (!session) throw new Error('The lab is not there yet. Try again in a moment.');
  const at = (route: string, query: Record<string, string>) =>
    `${route.replace(':session', encodeURIComponent(session))}?${new URLSearchParams({ ...(host ? { host } : {}), ...query })}`;

  const folders = path.split('/').slice(0, -1);
  for (let depth = 1; depth <= folders.length; depth++) {
    const body = { do: 'makeFolder', path: folders.slice(0, depth).join('/'), ...(host ? { host } : {}) };
    // A folder that is there already is refused, and that is fine.
    await fetch(at(routes.changeFiles.path, {}).split('?')[0] ?? '', {
      method: routes.changeFiles.method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
  }
  const before = await fetch(at(routes.readFile.path, { path }), { signal });
  const version = before.ok ? before.headers.get('etag') : null;
  const response = await fetch(at(routes.writeFile.path, { path }), {
    method: routes.writeFile.method,
    headers: {
      'content-type': 'application/octet-stream',
      ...(version ? { 'if-match': version } : { 'if-none-match': '*' }),
    },
    body: text,
    signal,
  });
  if (response.ok) return;
  const failure = (await response.json().catch(() => ({}))) as Partial<Failure>;
  throw new Error(failure.message ?? `${path} could not be written: the server answered with ${response.status}.`);
}
