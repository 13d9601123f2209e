// docker create: a record, a name, an own layer; nothing runs yet.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { at, EngineError } from '../errors.ts';
import type { Image } from '../images/image.ts';
import { maxContainersPerHost } from '../limits.ts';
import { noEndpoints } from '../networks/endpoint.ts';
import { networkModeInWords, parseNetworkMode } from '../networks/mode.ts';
import { capabilitiesOf } from '../oci/capabilities.ts';
import { createOwnLayer } from '../processes/rootfs.ts';
import type { Attachments } from './attachment.ts';
import { never, now } from './clock.ts';
import { Container, type ContainerHost } from './container.ts';
import type { ContainerConfig, ContainerRecord } from './container-record.ts';
import { checkCommandSize, checkLabelSize } from './create-checks.ts';
import { withNames } from './create-networking.ts';
import { emit } from './events.ts';
import { mergedHealthConfig } from './health-config.ts';
import type { HostConfig } from './host-config/table.ts';
import { normalJoin, normalNetworkMode } from './joined.ts';
import { chosenLinks } from './links.ts';
import { chooseMounts, removeUnused } from './mounts/choose-mounts.ts';
import { fillVolumes } from './mounts/fill-volumes.ts';
import { generateName } from './names.ts';
import { shownContainers } from './shown.ts';

export interface CreateRequest {
  /** Null for a generated one. */
  readonly name: string | null;
  /** As the client sent it. The image's configuration is merged into it here. */
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly macAddress?: string;
  readonly networks?: Attachments | null;
  readonly warnings: readonly string[];
  /** What a step of a build stands on: it is made for it, and has no name. Null or left out for a container that a client asked for. */
  readonly step?: Image | null;
}

/** Throws notFound (no such image), conflict (name taken), exhausted (too many containers or volumes), invalid, noSpace. */
export async function createContainer(
  host: ContainerHost,
  request: CreateRequest,
): Promise<{ Id: string; Warnings: string[] }> {
  const networks = request.networks ? withNames(host.networks, request.networks) : null;
  const image = request.step ?? host.images.resolve(request.config.Image);
  if (!request.step && shownContainers(host).length >= maxContainersPerHost) {
    throw new EngineError(
      'exhausted',
      `this host already has ${maxContainersPerHost} containers; remove some first (docker container prune)`,
    );
  }
  const taken = new Set([...host.containers.values()].map(({ name }) => name));
  const name = request.name ?? generateName((candidate) => taken.has(candidate));
  const holder = [...host.containers.values()].find((container) => container.name === name);
  if (holder) {
    throw new EngineError(
      'conflict',
      `Conflict. The container name "/${name}" is already in use by container "${holder.id}". ` +
        'You have to remove (or rename) that container to be able to reuse that name.',
    );
  }
  const id = randomBytes(32).toString('hex');
  const networkMode = normalNetworkMode(host, request.hostConfig.NetworkMode);
  const { UTSMode, PidMode, IpcMode } = request.hostConfig;
  if (UTSMode === 'host' && request.config.Hostname !== '')
    throw new EngineError('invalid', 'conflicting options: hostname and the UTS mode');
  const hasHostsName = networkMode.kind === 'host' || UTSMode === 'host';
  const config = merge(request.config, image, hasHostsName ? host.record.hostname : id.slice(0, 12));
  // The image's count too.
  checkLabelSize(config.Labels);
  checkCommandSize([...(config.Entrypoint ?? []), ...(config.Cmd ?? []), ...config.Env]);
  const [path, ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  if (path === undefined || path === '') throw new EngineError('invalid', 'no command specified');
  capabilitiesOf(request.hostConfig.CapAdd, request.hostConfig.CapDrop, request.hostConfig.Privileged);
  const record: ContainerRecord = {
    id,
    name,
    created: now(),
    imageId: image.id,
    path,
    args,
    config,
    hostConfig: {
      ...request.hostConfig,
      NetworkMode: networkModeInWords(networkMode),
      PidMode: normalJoin(host, PidMode),
      IpcMode: normalJoin(host, IpcMode),
      Links: chosenLinks(host, request.hostConfig.Links, networkMode),
    },
    state: {
      status: 'created',
      pid: 0,
      machinePid: 0,
      startTicks: 0,
      exitCode: 0,
      oomKilled: false,
      interrupted: false,
      manualEnd: 'none',
      health: null,
      error: '',
      startedAt: never,
      finishedAt: never,
    },
    macAddress: request.macAddress ?? null,
    networks,
    endpoints: noEndpoints,
    ports: [],
    mounts: [],
    restartCount: 0,
    foreground: false,
    isStep: request.step != null,
  };
  const made: string[] = [];
  try {
    const container = new Container(host, { ...record, mounts: chooseMounts(host, record, made) });
    await make(container);
  } catch (error) {
    await removeUnused(host, made);
    throw error;
  }
  return { Id: id, Warnings: [...request.warnings, ...warningsOf(record.hostConfig)] };
}

/** Its directory, what its volumes hold at first, its record. Who asks for it meanwhile waits. Leaves nothing where it throws. */
async function make(container: Container): Promise<void> {
  const { host, id } = container;
  try {
    createOwnLayer(container.directory, host.record.uidBase);
    host.containers.set(id, container);
    if (container.record.mounts.some(({ copies }) => copies)) await container.withLock(() => fill(container));
    container.save({});
  } catch (error) {
    host.containers.delete(id);
    container.removed();
    fs.rmSync(container.directory, { recursive: true, force: true });
    throw error instanceof EngineError ? error : at('create container', error);
  }
  emit(container, 'create');
}

async function fill(container: Container): Promise<void> {
  container.unmade = true;
  await fillVolumes(container);
  container.unmade = false;
  container.save({}); // before whoever waits for its lock
}

/** Warnings for options without effect, in moby's words. */
function warningsOf({ NetworkMode, PortBindings }: HostConfig): string[] {
  const discarded = parseNetworkMode(NetworkMode).kind === 'host' && Object.keys(PortBindings).length > 0;
  return discarded ? ['Published ports are discarded when using host network mode'] : [];
}

/** The client's configuration, with the image's where the client says nothing, by moby's rules (`daemon/commit.go` merge). */
function merge(config: ContainerConfig, image: Image, hostname: string): ContainerConfig {
  const own = image.config;
  const named = (entry: string): string => entry.split('=', 1)[0] ?? '';
  const given = new Set(config.Env.map(named));
  // If the client sets an entrypoint, the image's command is not used.
  const entrypoint = config.Entrypoint ?? own.Entrypoint ?? null;
  const cmd = config.Cmd?.length ? config.Cmd : config.Entrypoint?.length ? config.Cmd : (own.Cmd ?? null);
  return {
    ...config,
    Hostname: config.Hostname || hostname,
    User: config.User || (own.User ?? ''),
    Env: [...config.Env, ...(own.Env ?? []).filter((entry) => !given.has(named(entry)))],
    Cmd: cmd,
    ...mergedHealthConfig(config.Healthcheck, own.Healthcheck),
    Entrypoint: entrypoint?.length === 1 && entrypoint[0] === '' ? null : entrypoint,
    WorkingDir: config.WorkingDir || (own.WorkingDir ?? ''),
    Labels: { ...own.Labels, ...config.Labels },
    Volumes: own.Volumes || config.Volumes ? { ...own.Volumes, ...config.Volumes } : null,
    ...(Object.keys({ ...own.ExposedPorts, ...config.ExposedPorts }).length > 0
      ? { ExposedPorts: { ...own.ExposedPorts, ...config.ExposedPorts } }
      : {}),
    ...((config.StopSignal ?? own.StopSignal) ? { StopSignal: config.StopSignal ?? own.StopSignal ?? 'SIGTERM' } : {}),
  };
}
