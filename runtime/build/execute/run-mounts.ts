// What `RUN --mount` asks for, as the step's container gets it.

import fs from 'node:fs';
import type { ContainerHost } from '../../containers/container.ts';
import type { StepMount } from '../../containers/mounts/step-mount.ts';
import { idsPerHost } from '../../kernel/user-namespace.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import type { RunMount, Tree } from '../language/steps.ts';
import { CheckAgentRequestSchema, CheckAgentResponseSchema } from '../messages/session_pb.ts';
import { secretOf } from '../session-secret.ts';
import type { Session } from '../sessions.ts';
import type { CacheMounts } from './cache-mounts.ts';
import { placeFiles } from './files-step.ts';
import { listenForAgent } from './ssh-agent.ts';

export interface MountParts {
  readonly host: ContainerHost;
  readonly caches: CacheMounts;
  readonly session: () => Promise<Session>;
  readonly signal: AbortSignal;
  /** The layers of a tree, base first; of files that the client has sent, one that holds them. */
  readonly layersOf: (tree: Tree) => Promise<readonly string[]>;
  /** Whether the step is done again though its result is known. */
  readonly ignoreCache: boolean;
  /** Names of caches that this build has begun anew. */
  readonly renewed: Set<string>;
}

/** The mounts, and variables that they bring. */
export interface Mounted {
  readonly mounts: readonly StepMount[];
  readonly env: readonly string[];
}

/** What is made for them is undone with `undo`. Throws GrpcError. */
export async function mountsFor(
  wanted: readonly RunMount[],
  parts: MountParts,
  undo: AsyncDisposableStack,
): Promise<Mounted> {
  const mounts: StepMount[] = [];
  const env: string[] = [];
  for (const mount of wanted) {
    if ('owner' in mount) checkOwner(mount.owner);
    switch (mount.type) {
      case 'tmpfs': {
        const size = mount.sizeBytes > 0 ? [`size=${mount.sizeBytes}`] : [];
        const options = ['nosuid', 'nodev', 'noexec', ...size, ...(mount.readOnly ? ['ro'] : [])].join(',');
        mounts.push({ kind: 'tmpfs', destination: mount.target, options });
        break;
      }
      case 'bind': {
        const layers = parts.host.images.builds.layerNames(await parts.layersOf(mount.from));
        const { source, target, readOnly } = mount;
        mounts.push({ kind: 'layers', destination: target, layers, source, readOnly });
        break;
      }
      case 'cache':
        mounts.push(await cacheMount(mount, parts, undo));
        break;
      case 'secret': {
        const content = await secret(mount, parts);
        if (content === null) break;
        if (mount.target !== null) {
          const { uid, gid, mode } = mount.owner;
          mounts.push({ kind: 'secret', destination: mount.target, content, uid, gid, mode });
        }
        if (mount.env !== null) env.push(`${mount.env}=${Buffer.from(content).toString()}`);
        break;
      }
      case 'ssh': {
        const path = await agent(mount, parts, undo);
        if (path === null) break;
        const count = mounts.filter(({ kind }) => kind === 'socket').length;
        const destination = mount.target ?? `/run/buildkit/ssh_agent.${count}`;
        mounts.push({ kind: 'socket', destination, path });
        if (count === 0) env.push(`SSH_AUTH_SOCK=${destination}`);
        break;
      }
    }
  }
  return { mounts, env };
}

/** The machine's number is the host's first and this one: beyond its range it would be another host's. Throws invalidArgument. */
function checkOwner({ uid, gid }: { readonly uid: number; readonly gid: number }): void {
  for (const id of [uid, gid])
    if (!Number.isInteger(id) || id < 0 || id >= idsPerHost)
      throw new GrpcError(codes.invalidArgument, `${id} is out of range: this host has IDs 0 to ${idsPerHost - 1}`);
}

/** The owner and mode of a cache that begins without files; null for one that begins with some. */
export function emptyCache(from: Tree): { readonly owner: string; readonly mode: number } | null {
  if (!from) return { owner: '0:0', mode: 0o755 };
  const [made] = from.kind === 'files' && from.base === null ? from.actions : [];
  return made?.kind === 'mkdir' ? made : null;
}

async function cacheMount(
  { id, sharing, from, source, target, readOnly }: Extract<RunMount, { type: 'cache' }>,
  { host, caches, layersOf, signal, ignoreCache, renewed }: MountParts,
  undo: AsyncDisposableStack,
): Promise<StepMount> {
  const own = emptyCache(from);
  const layers = own ? [] : await layersOf(from);
  const make = async (path: string): Promise<void> => {
    if (!own) return await placeFiles(host, layers, source, path, signal);
    const [uid = 0, gid = 0] = own.owner.split(':').map(Number);
    checkOwner({ uid, gid });
    fs.mkdirSync(path, { mode: 0o700 });
    fs.chownSync(path, host.record.uidBase + uid, host.record.uidBase + gid);
    fs.chmodSync(path, own.mode);
  };
  // As in BuildKit, one that begins with other files is another.
  const beginning = own ? [own.owner, own.mode] : [source, ...layers];
  const name = from ? `${id}\n${JSON.stringify(beginning)}` : id;
  // As in BuildKit: what one begins with is a step, which --no-cache does again, and then it is another cache.
  if ((own ? ignoreCache : from?.ignoreCache) && !renewed.has(name)) {
    renewed.add(name);
    await caches.forget(name);
  }
  const cache = undo.use(await caches.use(name, sharing, signal, make));
  return { kind: 'directory', destination: target, path: cache.path, source: from ? '/' : source, readOnly };
}

async function secret(
  { id, required }: Extract<RunMount, { type: 'secret' }>,
  { session, signal }: MountParts,
): Promise<Uint8Array | null> {
  const found = await secretOf(await session(), id, signal);
  if (!found && required) throw new GrpcError(codes.unknown, `secret ${id}: not found`);
  return found;
}

async function agent(
  { id, required, owner }: Extract<RunMount, { type: 'ssh' }>,
  { host, session, signal }: MountParts,
  undo: AsyncDisposableStack,
): Promise<string | null> {
  const client = await session();
  try {
    await client.ask(
      '/moby.sshforward.v1.SSH/CheckAgent',
      [CheckAgentRequestSchema, { id }],
      CheckAgentResponseSchema,
      signal,
    );
  } catch (error) {
    if (!required) return null;
    if (error instanceof GrpcError && error.code !== codes.unimplemented)
      throw new GrpcError(codes.unknown, error.message);
    throw new GrpcError(codes.unknown, `no SSH key "${id}" forwarded from the client`);
  }
  return undo.use(await listenForAgent(host, client, { id, owner }, signal)).path;
}
