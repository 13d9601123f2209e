/** The files of a host's home over HTTP: one function a route. Paths are relative to the home, `/` between the parts. */
import {
  type ChangeFiles,
  type FileListing,
  type FileVersion,
  maxFileBytes,
  type Route,
  routes,
} from '@drydock/sandbox-server/protocol';
import { refusalOf, ServerRefusal } from '../api.ts';
import { sessionId } from '../lab-link.ts';
import type { FileRead, FileStore } from './file-store.ts';
import { folderOf, join } from './paths.ts';

/** A request that takes longer is aborted. The largest file is 1 MiB. */
const timeoutMs = 20_000;

/** Where the server says that it has too many files at once, a second later it has room. */
const busyWaitMs = 1_000;
const mostTries = 5;

/** A browser finishes requests of a page that is gone, if their bodies together are no longer than this (64 KiB). */
const maxPartingBytes = 64 * 1024;

// Each throws `ServerRefusal` with a sentence, or a `TypeError` or a timeout's `DOMException` when nothing answers.

export async function listFolder(host: string, path: string): Promise<FileListing> {
  return (await (await call(routes.listFiles, { host, path })).json()) as FileListing;
}

export async function readFile(host: string, path: string): Promise<FileRead> {
  const response = await call(routes.readFile, { host, path });
  const version = response.headers.get('etag')?.replace(/^(?:W\/)?"|"$/g, '') ?? '';
  return { bytes: new Uint8Array(await response.arrayBuffer()), version };
}

/** Replaces the file of this version; `undefined`: no such file may exist. Status 412 where that is not so. */
export async function writeFile(
  host: string,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  version: string | undefined,
): Promise<string> {
  const response = await call(
    routes.writeFile,
    { host, path },
    {
      headers: { 'content-type': 'application/octet-stream', ...expecting(version) },
      body: bytes,
      // The page may be about to go, which aborts requests that are not kept alive.
      keepalive: document.visibilityState === 'hidden' && bytes.length <= maxPartingBytes,
    },
  );
  return ((await response.json()) as FileVersion).version;
}

/** As `writeFile`, for files of any size that the server takes. It is sent in pieces, and is there once the last piece is. */
export async function bringFile(
  host: string,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  version: string | undefined,
): Promise<void> {
  if (bytes.length <= maxFileBytes) {
    await writeFile(host, path, bytes, version);
    return;
  }
  const digits = crypto.getRandomValues(new Uint8Array(8));
  const draft = [...digits].map((digit) => digit.toString(16).padStart(2, '0')).join('');
  for (let offset = 0; offset < bytes.length; offset += maxFileBytes) {
    const last = offset + maxFileBytes >= bytes.length;
    const query = { host, path, draft, offset: String(offset), last: String(last) };
    const piece = {
      headers: { 'content-type': 'application/octet-stream', ...expecting(version) },
      body: bytes.subarray(offset, offset + maxFileBytes),
    };
    try {
      await patiently(() => call(routes.writeFile, query, piece));
    } catch (error) {
      // Removes the draft. Where the lab is gone, there is nothing to remove.
      await removePath(host, join(folderOf(path), `.drydock-${draft}`)).catch(() => undefined);
      throw error;
    }
  }
}

/** Tries again a few times where the server has too much to do at the moment. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServerRefusal) || error.status !== 429 || tries >= mostTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, busyWaitMs));
    }
  }
}

function expecting(version: string | undefined): Readonly<Record<string, string>> {
  return version === undefined ? { 'if-none-match': '*' } : { 'if-match': `"${version}"` };
}

/** A `FileStore` of one host of the lab. */
export function storeOf(host: string): FileStore {
  return {
    read: (path) => readFile(host, path),
    write: (path, bytes, version) => writeFile(host, path, bytes, version),
  };
}

export async function removePath(host: string, path: string): Promise<void> {
  await call(routes.removeFile, { host, path });
}

export async function changeFiles(change: ChangeFiles): Promise<void> {
  await call(routes.changeFiles, {}, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(change) });
}

/** The address from which a browser downloads the file. */
export function downloadAddress(host: string, path: string): string {
  return addressOf(routes.readFile, { host, path });
}

function addressOf(route: Route, query: Readonly<Record<string, string>>): string {
  const path = route.path.replace(':session', encodeURIComponent(sessionId() ?? ''));
  const search = new URLSearchParams(query).toString();
  return search ? `${path}?${search}` : path;
}

async function call(route: Route, query: Readonly<Record<string, string>>, more: RequestInit = {}): Promise<Response> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(addressOf(route, query), { method: route.method, signal, ...more });
  if (response.ok) return response;
  throw await refusalOf(response);
}
