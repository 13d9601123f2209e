// The containers of a host, as its Docker API lists them: plain data. Every string in it is the student's to choose.

import type { DockerClient } from '@drydock/runtime';
import { z } from 'zod';

export interface ListedContainer {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly command: string;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  /** Of a container that has exited, else null. */
  readonly exitCode: number | null;
  readonly labels: Readonly<Record<string, string>>;
  /** One for IPv4 and one for IPv6 where both are published. `host` is null where the port is exposed only. */
  readonly ports: readonly {
    /** Of the host; empty where the port is exposed only. */
    readonly address: string;
    readonly host: number | null;
    readonly container: number;
    readonly protocol: string;
  }[];
  readonly networks: readonly { readonly name: string; readonly address: string }[];
  readonly mounts: readonly ListedMount[];
}

export interface ListedMount {
  /** `bind`, `volume`, `tmpfs`, `image`. */
  readonly type: string;
  /** A volume's; else empty. */
  readonly name: string;
  /** Of a bind mount: a path as the host sees it. */
  readonly source: string;
  readonly destination: string;
  readonly readOnly: boolean;
}

const orEmpty = <T>(schema: z.ZodType<T[]>) => schema.nullish().transform((list) => list ?? []);

const listed = z.object({
  Id: z.string().regex(/^[0-9a-f]{64}$/),
  Names: z.array(z.string()),
  Image: z.string(),
  ImageID: z.string(),
  Command: z.string(),
  State: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
  Status: z.string(),
  Labels: z.record(z.string(), z.string()).nullish(),
  Ports: orEmpty(
    z.array(
      z.object({
        IP: z.string().optional(),
        PrivatePort: z.number(),
        PublicPort: z.number().optional(),
        Type: z.string(),
      }),
    ),
  ),
  Mounts: orEmpty(
    z.array(
      z.object({
        Type: z.string().optional(),
        Name: z.string().optional(),
        Source: z.string().optional(),
        Destination: z.string(),
        RW: z.boolean().optional(),
      }),
    ),
  ),
  NetworkSettings: z
    .object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string().nullish() })).nullish() })
    .nullish(),
});

/** From the answer to `GET /containers/json?all=1`, newest first. Throws ZodError if the answer is not of that form. */
export function containersFrom(answer: unknown): readonly ListedContainer[] {
  return z
    .array(listed)
    .parse(answer)
    .map((one) => {
      const exitCode = /^Exited \((\d+)\)/.exec(one.Status)?.[1];
      return {
        id: one.Id,
        name: one.Names[0]?.replace(/^\//, '') ?? '',
        image: one.Image,
        imageId: one.ImageID,
        command: one.Command,
        state: one.State,
        exitCode: exitCode === undefined ? null : Number(exitCode),
        labels: one.Labels ?? {},
        ports: one.Ports.map(({ IP, PublicPort, PrivatePort, Type }) => ({
          address: IP ?? '',
          host: PublicPort ?? null,
          container: PrivatePort,
          protocol: Type,
        })),
        networks: Object.entries(one.NetworkSettings?.Networks ?? {}).map(([name, { IPAddress }]) => ({
          name,
          address: IPAddress ?? '',
        })),
        mounts: one.Mounts.map(({ Type, Name, Source, Destination, RW }) => ({
          type: Type ?? 'bind',
          name: Name ?? '',
          source: Source ?? '',
          destination: Destination,
          readOnly: RW === false,
        })),
      };
    });
}

/** All containers of a host, newest first. Throws what the engine throws. */
export async function listContainers(docker: DockerClient): Promise<readonly ListedContainer[]> {
  return containersFrom(await docker.request('GET', '/containers/json?all=1'));
}
