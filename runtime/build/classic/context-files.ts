// The context of a classic build: the tar of the request, or what is elsewhere (`remote` of `POST /build`): a repository, an archive at a
// URL, or a Dockerfile alone.

import type { Readable } from 'node:stream';
import type { ContainerHost } from '../../containers/container.ts';
import { EngineError } from '../../errors.ts';
import type { Sent, SentFiles } from '../execute/sent-files.ts';
import { fetchUrl } from '../fetch/fetch-url.ts';
import { gitFiles } from '../fetch/git-files.ts';
import { noSecrets } from '../fetch/git-login.ts';
import { parseGitReference } from '../language/git-reference.ts';
import type { ClassicRequest } from './request.ts';

export interface ContextFiles {
  readonly sent: Sent;
  /** The path of the Dockerfile in it. */
  readonly dockerfile: string;
}

const fetchedName = 'Dockerfile';

/** Throws what `receiveTar` does; refused with what fails elsewhere, and invalid for what is no such place. */
export async function contextFiles(
  host: ContainerHost,
  sentFiles: SentFiles,
  { remote, dockerfile }: Pick<ClassicRequest, 'remote' | 'dockerfile'>,
  archive: Readable,
  signal: AbortSignal,
): Promise<ContextFiles> {
  if (remote === '') return { sent: await sentFiles.receiveTar(archive, signal), dockerfile };
  const git = parseGitReference(remote);
  try {
    if (git) {
      const asNobody = { onSaid: () => undefined, secretOf: noSecrets, signal };
      const wanted = { ...git, keepGitDir: git.keepGitDir ?? false, submodules: git.submodules ?? true };
      return { sent: await gitFiles(host, sentFiles, wanted, asNobody), dockerfile };
    }
    if (!/^https?:\/\//.test(remote) || !URL.canParse(remote))
      throw new EngineError(
        'invalid',
        `${JSON.stringify(remote.slice(0, 200))} is no URL of a context: give one of http, https or git`,
      );
    const file = await fetchUrl(host, sentFiles, { url: remote, filename: fetchedName, checksum: '' }, signal);
    const sent = await sentFiles.unpack(file, fetchedName, signal);
    if (!sent) return { sent: file, dockerfile: fetchedName };
    await file[Symbol.asyncDispose]();
    return { sent, dockerfile };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new EngineError('refused', `error downloading the build context: ${why}`, { cause: error });
  }
}
