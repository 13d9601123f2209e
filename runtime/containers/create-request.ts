// The body of `POST /containers/create`. Every key that Docker has is known here. A supported key is checked and becomes plain
// data; any other must be at its default. A key that Docker does not have is ignored, as in Docker. The keys of HostConfig are
// rows in host-config/.

import path from 'node:path';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import {
  maxCommandCharacters,
  maxCommandWords,
  maxLabels,
  maxMountsPerContainer,
  maxPortsPerContainer,
} from '../limits.ts';
import type { Attachments } from './attachment.ts';
import { listOf, mapOf } from './bounded.ts';
import type { ContainerConfig } from './container-record.ts';
import {
  checkCommandSize,
  checkEnvironment,
  checkHostname,
  checkLabelSize,
  checkMacAddress,
  checkPort,
  checkUser,
  checkWorkingDirectory,
  withProtocol,
} from './create-checks.ts';
import { checkNetworking, networkingSchema } from './create-networking.ts';
import { goObject } from './go-object.ts';
import { checkedHealthConfig, healthConfigSchema } from './health-config.ts';
import { discardedOf } from './host-config/resources.ts';
import { flag, text, whole } from './host-config/row.ts';
import { type HostConfig, hostConfigSchema, keepHostConfig } from './host-config/table.ts';
import { invalidBody } from './invalid-body.ts';
import { type Refusal, refuse } from './refusal.ts';
import { signalNumber } from './signals.ts';

export interface CreateRequest {
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly macAddress?: string;
  /** Null, or left out, where nothing is asked for but the network of its mode. */
  readonly networks?: Attachments | null;
  /** For who asked: what cannot be, and is left out. */
  readonly warnings: readonly string[];
}

const words = listOf(maxCommandWords, maxCommandCharacters);
/** Go's `strslice`: a list, or one string. */
const command = z
  .union([z.string().max(maxCommandCharacters), words], {
    error: `expected a string, or a list of at most ${maxCommandWords} strings`,
  })
  .nullish();

/** Keys of the body's top level, the `Config`, that must be at their defaults. */
const refusedKeys: Readonly<Record<string, Refusal>> = {
  ArgsEscaped: { advice: 'it belongs to Windows containers, leave it out' },
  NetworkDisabled: { advice: 'say --network none instead' },
  Shell: { advice: 'leave it out; it is for builds' },
};

const bodySchema = goObject({
  ...Object.fromEntries(Object.keys(refusedKeys).map((key) => [key, z.unknown().optional()])),
  AttachStderr: flag,
  AttachStdin: flag,
  AttachStdout: flag,
  Cmd: command,
  Domainname: text,
  Entrypoint: command,
  Env: words.nullish(),
  ExposedPorts: mapOf(z.looseObject({}), maxPortsPerContainer).nullish(),
  Healthcheck: healthConfigSchema.nullish(),
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
  Volumes: mapOf(z.looseObject({}), maxMountsPerContainer).nullish(),
  WorkingDir: text,
});

type Body = z.infer<typeof bodySchema>;

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
  checkCommandSize(
    [body.Cmd, body.Entrypoint, body.Env, body.OnBuild, body.Healthcheck?.Test].flatMap((given) => list(given) ?? []),
  );
  const ports = Object.keys(body.ExposedPorts ?? {});
  ports.forEach(checkPort);
  const volumes = Object.keys(body.Volumes ?? {});
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
    ...(body.Healthcheck && { Healthcheck: checkedHealthConfig(body.Healthcheck) }),
    Image: body.Image,
    Volumes: volumes.length > 0 ? Object.fromEntries(volumes.map((destination) => [destination, {}])) : null,
    WorkingDir: body.WorkingDir ? path.posix.resolve(body.WorkingDir) : '',
    Entrypoint: list(body.Entrypoint),
    OnBuild: body.OnBuild ?? null,
    Labels: body.Labels ?? {},
    ...(body.StopSignal && { StopSignal: body.StopSignal }),
    ...(typeof body.StopTimeout === 'number' && { StopTimeout: body.StopTimeout }),
  };
}

/** Checks a create body, as parsed JSON. `cpus`: what the host may use. Throws invalid. */
export function parseCreateRequest(body: unknown, cpus: number): CreateRequest {
  const checked = bodySchema.safeParse(body);
  if (!checked.success) throw invalidBody(checked.error);
  const given: Body & Readonly<Record<string, unknown>> = checked.data;
  for (const [key, refusal] of Object.entries(refusedKeys)) refuse(key, refusal, given[key]);
  // In moby what is left is a container's configuration, which is absent where none of its keys came.
  const { HostConfig: _, NetworkingConfig: __, ...own } = given;
  if (Object.keys(own).length === 0)
    throw new EngineError('invalid', 'config cannot be empty in order to create a container');
  const config = containerConfig(given);
  const hostConfig = keepHostConfig(given.HostConfig ?? {}, cpus);
  const { macAddress, networks } = checkNetworking(given, hostConfig, given.NetworkingConfig ?? {});
  if (macAddress) checkMacAddress(macAddress);
  const warnings = discardedOf(given.HostConfig ?? {});
  return { config, hostConfig, networks, warnings, ...(macAddress && { macAddress }) };
}
