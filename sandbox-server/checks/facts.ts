// What the engine says of a host, as checks look at it: plain data. Nothing that a student's terminal prints is in it.

import { z } from 'zod';
import type { ContainerState } from '../../lessons/schema.ts';

export interface ContainerFact {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: ContainerState | 'removing';
  /** Of a container that has exited, else null. */
  readonly exitCode: number | null;
  /** `8080:80` each, as in `docker run -p`. */
  readonly ports: readonly string[];
}

/** A container that has run to its end; it may be gone by now. */
export interface EndedContainer {
  readonly image: string;
  readonly exitCode: number;
}

export interface Facts {
  readonly containers: readonly ContainerFact[];
  readonly ended: readonly EndedContainer[];
  /** The last lines of a container's log, by the container's name. */
  readonly logs: ReadonlyMap<string, string>;
  readonly doneTasks: ReadonlySet<string>;
}

const listed = z.object({
  Id: z.string(),
  Names: z.array(z.string()),
  Image: z.string(),
  State: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
  Status: z.string(),
  Ports: z
    .array(z.object({ PrivatePort: z.number(), PublicPort: z.number().optional(), Type: z.string() }))
    .nullish()
    .transform((ports) => ports ?? []),
});

/** From the answer to `GET /containers/json?all=1`. Throws ZodError where it is none. */
export function containersFrom(answer: unknown): readonly ContainerFact[] {
  return z
    .array(listed)
    .parse(answer)
    .map((container) => {
      const exitCode = /^Exited \((\d+)\)/.exec(container.Status)?.[1];
      const published = container.Ports.filter(({ PublicPort, Type }) => PublicPort !== undefined && Type === 'tcp');
      return {
        id: container.Id,
        name: container.Names[0]?.replace(/^\//, '') ?? '',
        image: container.Image,
        state: container.State,
        exitCode: exitCode === undefined ? null : Number(exitCode),
        // One line for IPv4 and one for IPv6 are one port.
        ports: [...new Set(published.map(({ PublicPort, PrivatePort }) => `${PublicPort}:${PrivatePort}`))],
      };
    });
}

/** From the attributes of a `die` event; null where they are not what Docker sends. */
export function endedFrom(attributes: Readonly<Record<string, string>>): EndedContainer | null {
  const { image, exitCode } = attributes;
  if (image === undefined || exitCode === undefined || !/^\d{1,3}$/.test(exitCode)) return null;
  return { image, exitCode: Number(exitCode) };
}
