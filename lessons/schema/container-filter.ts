// What a check may ask of a container: the words of `container` and `containers`.

import { z } from 'zod';
import { holdsParameter } from './fill-in.ts';
import { mounts } from './mount-words.ts';
import { fromRepository } from './repository-words.ts';
import { containerName, exitCode, formed, imageName, labels, line, numeral, size } from './words.ts';

/** An IPv4 address, or an IPv6 address in brackets. */
const address = String.raw`(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:.]{2,45}\])`;
const published = String.raw`((${address}:)?\d{1,5}:)?\d{1,5}(/(tcp|udp))?`;
const examples = '"8080:80", "127.0.0.1:8080:80", "80" for any port of the host, "53:53/udp"';

/** A port may be written as a bare number: `80`. */
const port = (form: RegExp, means: string) =>
  z.union([z.int(), z.string()]).transform(String).pipe(formed(form, means));

/** `none`, or a whole number. */
function numberOrNone(least: number, most: number) {
  const means = `must be a whole number from ${least} to ${most}, or none`;
  return z
    .union([z.int(), z.string()], { error: means })
    .transform(String)
    .refine(
      (text) =>
        holdsParameter(text) ||
        text === 'none' ||
        (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most),
      means,
    );
}

export const containerFilter = {
  name: containerName.optional(),
  image: imageName.optional(),
  sameImage: imageName.optional(),
  detached: z.boolean().optional(),
  state: z.enum(['created', 'running', 'paused', 'restarting', 'exited', 'dead']).optional(),
  port: port(new RegExp(`^(${published}|none)$`), `is no published port: ${examples}, or none`).optional(),
  publishes: port(new RegExp(`^${published}$`), `is no published port: ${examples}`).optional(),
  exitCode: exitCode.optional(),
  oomKilled: z.boolean().optional(),
  command: line.optional(),
  env: labels.optional(),
  labels: labels.optional(),
  network: containerName.optional(),
  networks: z.array(containerName).min(1).max(20).optional(),
  mounts: mounts.optional(),
  health: z.enum(['starting', 'healthy', 'unhealthy', 'none']).optional(),
  restart: formed(
    /^(no|always|unless-stopped|on-failure(:[1-9]\d{0,8})?)$/,
    'is no restart policy: no, always, unless-stopped, on-failure or on-failure:3',
  ).optional(),
  restartsAtLeast: z.int().min(1).max(1000).optional(),
  memory: size.optional(),
  memoryReservation: size.optional(),
  cpus: z
    .union([z.number(), z.string()])
    .transform(String)
    .pipe(formed(/^(none|\d{1,3}(\.\d{1,9})?)$/, 'is no number of CPUs, such as 0.5, or none'))
    .optional(),
  cpuShares: numeral(2, 262_144).optional(),
  pids: numberOrNone(1, 100_000).optional(),
  readOnly: z.boolean().optional(),
  autoRemove: z.boolean().optional(),
  user: z.string().max(64).optional(),
  error: line.optional(),
  repository: fromRepository.optional(),
};
