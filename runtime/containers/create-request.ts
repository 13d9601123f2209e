// The body of `POST /containers/create`: every key that Docker knows is known here; what is supported is checked and
// becomes plain data, what is not must be at its default. A key that Docker does not know is ignored, as Docker does.
// The keys of its HostConfig are rows in host-config/.

import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { maxCommandCharacters, maxCommandWords, maxLabels, maxPortsPerContainer } from '../limits.ts';
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
import { flag, text, whole } from './host-config/row.ts';
import { type HostConfig, hostConfigSchema, keepHostConfig } from './host-config/table.ts';
import { invalidBody } from './invalid-body.ts';
import { type Refusal, refuse } from './refusal.ts';
import { signalNumber } from './signals.ts';

export interface CreateRequest {
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly macAddress?: string;
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
  Healthcheck: {
    advice: 'leave the --health options out; health checks come later',
    defaults: [{ Test: ['NONE'] }, { Test: null }, { Test: [] }],
  },
  NetworkDisabled: { advice: 'say --network none instead' },
  Shell: { advice: 'leave it out; it is for builds' },
  Volumes: {
    advice: 'copy files into an image or make a tmpfs with --tmpfs; anonymous volumes (-v /path) come later',
  },
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

/** Checks a create body, as parsed JSON. `cpus`: what the host may use. Throws invalid. */
export function parseCreateRequest(body: unknown, cpus: number): CreateRequest {
  const checked = bodySchema.safeParse(body);
  if (!checked.success) throw invalidBody(checked.error);
  const given: Body & Readonly<Record<string, unknown>> = checked.data;
  for (const [key, refusal] of Object.entries(refusedKeys)) refuse(key, refusal, given[key]);
  const config = containerConfig(given);
  const hostConfig = keepHostConfig(given.HostConfig ?? {}, cpus);
  const macAddress = checkNetworking(given, hostConfig, given.NetworkingConfig ?? {}) || given.MacAddress;
  if (macAddress) checkMacAddress(macAddress);
  return { config, hostConfig, ...(macAddress && { macAddress: macAddress.toLowerCase() }) };
}
