// What only `docker inspect` tells of a container: whether it is what a check asks for.

import type { ContainerFilter } from '../../lessons/schema.ts';
import { type Compared, compareOne, compareWords } from './compared.ts';
import type { ContainerDetails } from './facts.ts';
import { isPort, portsInWords } from './ports.ts';
import { shown } from './shown.ts';
import { bytesOf, sizeInWords } from './sizes.ts';

const asked = [
  'command',
  'env',
  'publishes',
  'memory',
  'memoryReservation',
  'cpus',
  'cpuShares',
  'pids',
  'oomKilled',
  'health',
  'restart',
  'restartsAtLeast',
  'readOnly',
  'autoRemove',
  'user',
  'error',
] as const satisfies readonly (keyof ContainerFilter)[];

/** Whether a filter asks for what only `docker inspect` tells. */
export function asksForDetails(filter: ContainerFilter): boolean {
  return asked.some((key) => filter[key] !== undefined);
}

function variable(env: readonly string[], name: string): string | undefined {
  // As a program finds it: the last one counts.
  return env.findLast((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

export function compareEnv(wanted: Readonly<Record<string, string>>, env: readonly string[]): readonly Compared[] {
  return compareWords('its variable', wanted, (name) => variable(env, name));
}

function compareLimits(wanted: ContainerFilter, has: ContainerDetails): readonly Compared[] {
  const { memoryBytes, memoryReservationBytes } = has;
  return [
    ...compareOne(wanted.memory, (size) => ({
      holds: memoryBytes === bytesOf(size),
      instead: `its memory is ${memoryBytes === 0 ? 'not limited' : `limited to ${sizeInWords(memoryBytes)}`}`,
    })),
    ...compareOne(wanted.memoryReservation, (size) => ({
      holds: memoryReservationBytes === bytesOf(size),
      instead:
        memoryReservationBytes === 0
          ? 'no memory is reserved for it'
          : `its memory reservation is ${sizeInWords(memoryReservationBytes)}`,
    })),
    ...compareOne(wanted.cpus, (cpus) => ({
      holds: Math.abs(has.cpus - (cpus === 'none' ? 0 : Number(cpus))) < 1e-6,
      instead: `its CPU time is ${has.cpus === 0 ? 'not limited' : `limited to ${has.cpus} CPUs`}`,
    })),
    ...compareOne(wanted.cpuShares, (shares) => ({
      // 0 is what was not said: 1024.
      holds: (has.cpuShares || 1024) === Number(shares),
      instead: `its CPU shares are ${has.cpuShares || 1024}`,
    })),
    ...compareOne(wanted.pids, (pids) => ({
      holds: has.pids === (pids === 'none' ? 0 : Number(pids)),
      instead: `its processes are ${has.pids === 0 ? 'not limited' : `limited to ${has.pids}`}`,
    })),
  ];
}

function healthInWords(health: ContainerDetails['health']): string {
  if (health === 'none') return 'it has no health check';
  return health === 'starting' ? 'its health is not known yet' : `it is ${health}`;
}

/** `on-failure` is any number of tries; `on-failure:3` that one. */
function isPolicy(wanted: string, has: string): boolean {
  return wanted === has || (wanted === 'on-failure' && has.startsWith('on-failure:'));
}

function compareLife(wanted: ContainerFilter, has: ContainerDetails, interrupted: boolean): readonly Compared[] {
  const { restarts } = has;
  return [
    ...compareOne(wanted.oomKilled, (oomKilled) => ({
      holds: interrupted ? null : oomKilled === has.oomKilled,
      instead: `it was ${has.oomKilled ? '' : 'not '}ended by the kernel for want of memory`,
    })),
    ...compareOne(wanted.health, (health) => ({
      holds: health === has.health,
      instead: healthInWords(has.health),
    })),
    ...compareOne(wanted.restart, (policy) => ({
      holds: isPolicy(policy, has.restart),
      instead: `its restart policy is ${shown(has.restart)}`,
    })),
    ...compareOne(wanted.restartsAtLeast, (least) => ({
      holds: restarts >= least,
      instead: `it was restarted ${restarts} time${restarts === 1 ? '' : 's'}`,
    })),
    ...compareOne(wanted.error, (words) => ({
      holds: has.error.toLowerCase().includes(words.toLowerCase()),
      instead: has.error === '' ? 'it has no error' : `its error is ${shown(has.error)}`,
    })),
  ];
}

/** Each property that is wanted and that only details tell. */
export function compareDetails(
  wanted: ContainerFilter,
  details: ContainerDetails | null,
  interrupted: boolean,
): readonly Compared[] {
  if (details === null) return asksForDetails(wanted) ? [{ holds: null, instead: '' }] : [];
  const { publishes } = details;
  return [
    ...compareOne(wanted.command, (command) => ({
      holds: details.command === command,
      instead: `its command is ${shown(details.command) || 'empty'}`,
    })),
    ...compareEnv(wanted.env ?? {}, details.env),
    ...compareOne(wanted.publishes, (port) => ({
      holds: publishes.some((has) => isPort(port, has, { chosen: true })),
      instead: `it was made with ${publishes.length === 0 ? 'no published port' : `the published ports ${portsInWords(publishes)}`}`,
    })),
    ...compareLimits(wanted, details),
    ...compareLife(wanted, details, interrupted),
    ...compareOne(wanted.readOnly, (readOnly) => ({
      holds: readOnly === details.readOnly,
      instead: `its file system ${details.readOnly ? 'is read-only' : 'can be written to'}`,
    })),
    ...compareOne(wanted.autoRemove, (autoRemove) => ({
      holds: autoRemove === details.autoRemove,
      instead: details.autoRemove ? 'it is removed when it ends' : 'it stays when it ends',
    })),
    ...compareOne(wanted.user, (user) => ({
      holds: user === details.user,
      instead: `its user is ${details.user === '' ? 'root' : shown(details.user)}`,
    })),
  ];
}
