// The body of `POST /containers/create`: every key that Docker knows is known here; what is supported is checked and
// becomes plain data, what is not must be at its default. A key that Docker does not know is ignored, as Docker does.

import { z } from 'zod';
import { EngineError } from '../errors.ts';
import {
  maxBindingsPerContainer,
  maxCapabilities,
  maxCommandCharacters,
  maxCommandWords,
  maxExtraHosts,
  maxGroups,
  maxLabels,
  maxMountsPerContainer,
  maxPortsPerContainer,
  maxResolverEntries,
  maxUlimits,
} from '../limits.ts';
import { listOf, mapOf } from './bounded.ts';
import type { ContainerConfig, HostConfig } from './container.ts';
import {
  checkBinding,
  checkCommandSize,
  checkEnvironment,
  checkExtraHost,
  checkHostname,
  checkLabelSize,
  checkMacAddress,
  checkNameserver,
  checkPort,
  checkResolverWord,
  checkTmpfs,
  checkUlimit,
  checkUser,
  checkWorkingDirectory,
  normalCapability,
} from './create-checks.ts';
import { checkNetworking, networkingSchema } from './create-networking.ts';
import { checkResources } from './create-resources.ts';
import { goObject } from './go-object.ts';
import { invalidBody } from './invalid-body.ts';
import { signalNumber } from './signals.ts';
import {
  refuseUnsupportedConfig,
  refuseUnsupportedHostConfig,
  unsupportedConfigKeys,
  unsupportedHostConfigKeys,
} from './unsupported-options.ts';

export interface CreateRequest {
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly macAddress?: string;
}

/** Docker's default, and conmon's (`--shm-size`). */
const defaultShmSize = 64 * 1024 * 1024;

const text = z.string().max(4096).nullish();
const flag = z.boolean().nullish();
const whole = z.number().int().nullish();
const words = listOf(maxCommandWords, maxCommandCharacters);
/** Go's `strslice`: a list, or one string. */
const command = z
  .union([z.string().max(maxCommandCharacters), words], {
    error: `expected a string, or a list of at most ${maxCommandWords} strings`,
  })
  .nullish();

const left = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, z.unknown().optional()]));

/** All ports' bindings are counted before any of them is looked at. */
function boundedBindings(given: unknown, context: z.RefinementCtx): void {
  if (typeof given !== 'object' || given === null) return;
  const count = Object.values(given).reduce(
    (sum, bindings) => sum + (Array.isArray(bindings) ? bindings.length : 0),
    0,
  );
  if (count > maxBindingsPerContainer)
    context.addIssue(
      `${count} ports of the host are asked for, the most for one container is ${maxBindingsPerContainer}`,
    );
}

const hostConfigSchema = goObject({
  ...left(unsupportedHostConfigKeys),
  AutoRemove: flag,
  CapAdd: listOf(maxCapabilities).nullish(),
  CapDrop: listOf(maxCapabilities).nullish(),
  ConsoleSize: z.tuple([z.number().int().min(0).max(65535), z.number().int().min(0).max(65535)]).nullish(),
  ContainerIDFile: text,
  CpuPeriod: whole,
  CpuQuota: whole,
  CpuShares: whole,
  CpusetCpus: text,
  Dns: listOf(maxResolverEntries).nullish(),
  DnsOptions: listOf(maxResolverEntries).nullish(),
  DnsSearch: listOf(maxResolverEntries).nullish(),
  ExtraHosts: listOf(maxExtraHosts).nullish(),
  GroupAdd: listOf(maxGroups).nullish(),
  IpcMode: text,
  Isolation: text,
  Memory: whole,
  MemoryReservation: whole,
  MemorySwap: whole,
  NanoCpus: whole,
  NetworkMode: text,
  OomScoreAdj: whole,
  PidsLimit: whole,
  PortBindings: z
    .unknown()
    .superRefine(boundedBindings)
    .pipe(
      mapOf(
        z
          .array(goObject({ HostIp: text, HostPort: text }))
          .max(64)
          .nullable(),
        maxPortsPerContainer,
      ),
    )
    .nullish(),
  PublishAllPorts: flag,
  ReadonlyRootfs: flag,
  SecurityOpt: listOf(maxGroups).nullish(),
  ShmSize: whole,
  Tmpfs: mapOf(z.string().max(4096), maxMountsPerContainer).nullish(),
  Ulimits: z
    .array(goObject({ Name: z.string(), Soft: z.number().int().min(-1), Hard: z.number().int().min(-1) }))
    .max(maxUlimits)
    .nullish(),
});

const bodySchema = goObject({
  ...left(unsupportedConfigKeys),
  AttachStderr: flag,
  AttachStdin: flag,
  AttachStdout: flag,
  Cmd: command,
  Domainname: text,
  Entrypoint: command,
  Env: words.nullish(),
  ExposedPorts: mapOf(z.looseObject({}), maxPortsPerContainer).nullish(),
  HostConfig: hostConfigSchema.nullish(),
  Hostname: text,
  Image: text,
  Labels: mapOf(z.string(), maxLabels).nullish(),
  MacAddress: text,
  NetworkingConfig: networkingSchema.nullish(),
  OnBuild: words.nullish(),
  OpenStdin: flag,
  StdinOnce: flag,
  StopSignal: text,
  StopTimeout: whole,
  Tty: flag,
  User: text,
  WorkingDir: text,
});

type Body = z.infer<typeof bodySchema>;
type GivenHostConfig = z.infer<typeof hostConfigSchema>;

function list(value: string | readonly string[] | null | undefined): readonly string[] | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? [value] : value;
}

function containerConfig(body: Body): ContainerConfig {
  checkHostname('hostname', body.Hostname ?? '');
  checkHostname('domainname', body.Domainname ?? '');
  checkUser(body.User ?? '');
  checkWorkingDirectory(body.WorkingDir ?? '');
  checkEnvironment(body.Env ?? []);
  checkLabelSize(body.Labels ?? {});
  checkCommandSize([body.Cmd, body.Entrypoint, body.Env, body.OnBuild].flatMap((given) => list(given) ?? []));
  const ports = Object.keys(body.ExposedPorts ?? {});
  ports.forEach(checkPort);
  if (body.StopSignal) signalNumber(body.StopSignal);
  if (!body.Image) throw new EngineError('invalid', 'no image was named: a container is made from an image');
  for (const word of [...(list(body.Cmd) ?? []), ...(list(body.Entrypoint) ?? [])])
    if (word.includes('\0')) throw new EngineError('invalid', 'a command cannot contain a NUL character');
  return {
    Hostname: body.Hostname ?? '',
    Domainname: body.Domainname ?? '',
    User: body.User ?? '',
    AttachStdin: body.AttachStdin ?? false,
    AttachStdout: body.AttachStdout ?? false,
    AttachStderr: body.AttachStderr ?? false,
    ...(ports.length > 0 && { ExposedPorts: Object.fromEntries(ports.map((port) => [withProtocol(port), {}])) }),
    Tty: body.Tty ?? false,
    OpenStdin: body.OpenStdin ?? false,
    StdinOnce: body.StdinOnce ?? false,
    Env: body.Env ?? [],
    Cmd: list(body.Cmd),
    Image: body.Image,
    Volumes: null,
    WorkingDir: body.WorkingDir ?? '',
    Entrypoint: list(body.Entrypoint),
    OnBuild: body.OnBuild ?? null,
    Labels: body.Labels ?? {},
    ...(body.StopSignal && { StopSignal: body.StopSignal }),
    ...(typeof body.StopTimeout === 'number' && { StopTimeout: body.StopTimeout }),
  };
}

function withProtocol(port: string): string {
  return port.includes('/') ? port : `${port}/tcp`;
}

function portBindings(given: GivenHostConfig['PortBindings']): HostConfig['PortBindings'] {
  return Object.fromEntries(
    Object.entries(given ?? {}).map(([port, bindings]) => {
      checkPort(port);
      const plain = (bindings ?? []).map(({ HostIp, HostPort }) => ({
        HostIp: HostIp ?? '',
        HostPort: HostPort ?? '',
      }));
      for (const binding of plain) checkBinding(port, binding);
      return [withProtocol(port), plain];
    }),
  );
}

/** `no-new-privileges` in Docker's spellings; anything else would loosen or needs what the machine has not. */
function securityOptions(given: readonly string[] | null | undefined): readonly string[] | null {
  const wanted = new Set<string>();
  for (const option of given ?? []) {
    if (/^no-new-privileges([:=]true)?$/.test(option)) wanted.add('no-new-privileges');
    else if (!/^no-new-privileges[:=]false$/.test(option))
      throw new EngineError(
        'invalid',
        `HostConfig.SecurityOpt "${option.slice(0, 80)}" is not possible on a host of this engine: only no-new-privileges is; the seccomp profile stays on`,
      );
  }
  return wanted.size > 0 ? [...wanted] : null;
}

function ipcMode(given: string): string {
  if (given === '' || given === 'private' || given === 'shareable') return given === '' ? 'private' : given;
  throw new EngineError(
    'invalid',
    `HostConfig.IpcMode "${given.slice(0, 80)}" is not supported yet by this engine: leave --ipc out; every container has an IPC namespace of its own`,
  );
}

function isolation(given: string): string {
  if (given === '' || given.toLowerCase() === 'default') return given;
  throw new EngineError('invalid', `invalid isolation (${given.slice(0, 80)}): linux only supports 'default'`);
}

function hostConfig(given: GivenHostConfig, networkMode: string, cpus: number): HostConfig {
  refuseUnsupportedHostConfig(given);
  given.Dns?.forEach(checkNameserver);
  given.DnsSearch?.forEach(checkResolverWord);
  given.DnsOptions?.forEach(checkResolverWord);
  given.ExtraHosts?.forEach(checkExtraHost);
  given.Ulimits?.forEach(checkUlimit);
  given.GroupAdd?.forEach(checkUser);
  for (const [destination, options] of Object.entries(given.Tmpfs ?? {})) checkTmpfs(destination, options);
  const normal = (key: 'CapAdd' | 'CapDrop') => given[key]?.map((name) => normalCapability(key, name)) ?? null;
  return {
    NetworkMode: networkMode,
    PortBindings: portBindings(given.PortBindings),
    PublishAllPorts: given.PublishAllPorts ?? false,
    AutoRemove: given.AutoRemove ?? false,
    CapAdd: normal('CapAdd'),
    CapDrop: normal('CapDrop'),
    Dns: given.Dns ?? [],
    DnsOptions: given.DnsOptions ?? [],
    DnsSearch: given.DnsSearch ?? [],
    ExtraHosts: given.ExtraHosts && given.ExtraHosts.length > 0 ? given.ExtraHosts : null,
    GroupAdd: given.GroupAdd && given.GroupAdd.length > 0 ? given.GroupAdd : null,
    IpcMode: ipcMode(given.IpcMode ?? ''),
    PidMode: '',
    ReadonlyRootfs: given.ReadonlyRootfs ?? false,
    SecurityOpt: securityOptions(given.SecurityOpt),
    ShmSize: given.ShmSize || defaultShmSize,
    Tmpfs: given.Tmpfs ?? {},
    Ulimits: given.Ulimits ?? [],
    ...checkResources(given, cpus),
    Isolation: isolation(given.Isolation ?? ''),
    ConsoleSize: given.ConsoleSize ?? [0, 0],
  };
}

/** Checks a create body, as parsed JSON. `cpus`: what the host may use. Throws invalid. */
export function parseCreateRequest(body: unknown, cpus: number): CreateRequest {
  const checked = bodySchema.safeParse(body);
  if (!checked.success) throw invalidBody(checked.error);
  const given = checked.data;
  refuseUnsupportedConfig(given);
  const config = containerConfig(given);
  const host = given.HostConfig ?? {};
  const network = checkNetworking(given, host, given.NetworkingConfig ?? {});
  const macAddress = network.macAddress || given.MacAddress;
  if (macAddress) checkMacAddress(macAddress);
  return {
    config,
    hostConfig: hostConfig(host, network.mode, cpus),
    ...(macAddress && { macAddress: macAddress.toLowerCase() }),
  };
}
