// A build context that came as an archive: a step that is done already, and the Dockerfile in it.

import fs from 'node:fs';
import { goArchitecture } from '../images/architecture.ts';
import { maxDockerfileBytes } from '../limits.ts';
import type { Sent } from './execute/sent-files.ts';
import { SentTree } from './files/source-tree.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { internalStep } from './language/plan/context.ts';
import type { Result } from './result.ts';

/** As clients call an archive that their session has. */
const sessionHost = 'buildkit-session';

export interface ReceivedArchive {
  readonly sent: Sent;
  /** What told of it. */
  readonly vertex: string;
}

/** `context`: what the client names as the context; empty for its files. Throws unimplemented for a repository or another URL. */
export async function contextArchive(
  context: string,
  receive: (url: URL) => Promise<ReceivedArchive>,
): Promise<(ReceivedArchive & NonNullable<Result['archive']>) | null> {
  if (context === '') return null;
  const url = URL.parse(context);
  if (url?.host !== sessionHost || url.protocol !== 'http:')
    throw new GrpcError(
      codes.unimplemented,
      'a context that is a repository or a URL is not supported by this builder yet',
    );
  const received = await receive(url);
  const step = {
    ...internalStep('copy /context /', { os: 'linux', architecture: goArchitecture }),
    kind: 'local',
    local: 'context',
    isNamed: false,
    paths: null,
  } as const;
  return { ...received, step };
}

/** The Dockerfile, where there is one. */
export function textsOf({ directory, entries }: Sent, filename: string): ReadonlyMap<string, string> {
  const tree = new SentTree(directory, entries);
  const path = tree.followed(`/${filename}`);
  if (tree.entry(path)?.kind !== 'file') return new Map();
  const fd = tree.open(path);
  try {
    if (fs.fstatSync(fd).size > maxDockerfileBytes)
      throw new GrpcError(codes.resourceExhausted, `a Dockerfile may have ${maxDockerfileBytes} bytes`);
    return new Map([[filename, fs.readFileSync(fd, 'utf8')]]);
  } finally {
    fs.closeSync(fd);
  }
}
