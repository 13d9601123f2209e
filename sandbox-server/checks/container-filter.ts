// Whether a container is what a check asks for, and where it is not, what it is instead.

import type { ContainerFilter } from '../../lessons/schema.ts';
import type { ContainerFact } from './facts.ts';
import { isImage } from './image-name.ts';
import { shown } from './shown.ts';
import { bytesOf, sizeInWords } from './sizes.ts';

/** One thing that was asked for: true, false, or null where it is not known. `instead` says what is so. */
export interface Compared {
  readonly holds: boolean | null;
  readonly instead: string;
}

function variable(env: readonly string[], name: string): string | undefined {
  // As a program finds it: the last one counts.
  return env.findLast((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** `NAME=value` pairs or labels that must be so. */
export function compareWords(
  what: string,
  wanted: Readonly<Record<string, string>>,
  has: (name: string) => string | undefined,
): readonly Compared[] {
  return Object.entries(wanted).map(([name, value]) => {
    const is = has(name);
    const instead = is === undefined ? `${what} ${name} is not there` : `${what} ${name} is ${shown(is) || 'empty'}`;
    return { holds: is === value, instead };
  });
}

export function compareEnv(wanted: Readonly<Record<string, string>>, env: readonly string[]): readonly Compared[] {
  return compareWords('its variable', wanted, (name) => variable(env, name));
}

function portsInWords(ports: readonly string[]): string {
  return ports.length === 0 ? 'no published port' : `the published ports ${ports.slice(0, 3).map(shown).join(', ')}`;
}

function compareDetails(wanted: ContainerFilter, { details, interrupted }: ContainerFact): readonly Compared[] {
  const { command, env, publishes, memory, cpus, oomKilled } = wanted;
  if (details === null) return asksForDetails(wanted) ? [{ holds: null, instead: '' }] : [];
  const { memoryBytes } = details;
  return [
    ...(command === undefined
      ? []
      : [{ holds: details.command === command, instead: `its command is ${shown(details.command) || 'empty'}` }]),
    ...compareEnv(env ?? {}, details.env),
    ...(publishes === undefined
      ? []
      : [
          {
            holds: details.publishes.includes(publishes),
            instead: `it was made with ${portsInWords(details.publishes)}`,
          },
        ]),
    ...(memory === undefined
      ? []
      : [
          {
            holds: memoryBytes === bytesOf(memory),
            instead: `its memory is ${memoryBytes === 0 ? 'not limited' : `limited to ${sizeInWords(memoryBytes)}`}`,
          },
        ]),
    ...(cpus === undefined
      ? []
      : [
          {
            holds: Math.abs(details.cpus - (cpus === 'none' ? 0 : Number(cpus))) < 1e-6,
            instead: `its CPU time is ${details.cpus === 0 ? 'not limited' : `limited to ${details.cpus} CPUs`}`,
          },
        ]),
    ...(oomKilled === undefined
      ? []
      : [
          {
            holds: interrupted ? null : oomKilled === details.oomKilled,
            instead: `it was ${details.oomKilled ? '' : 'not '}ended by the kernel for want of memory`,
          },
        ]),
  ];
}

/** Everything that was asked for, the container's name first. */
export function compareContainer(wanted: ContainerFilter, has: ContainerFact): readonly Compared[] {
  const { name, image, sameImage, state, detached, port, exitCode, labels, network } = wanted;
  const code = has.exitCode === null ? '' : ` with code ${has.exitCode}`;
  const ports = has.ports.slice(0, 3).map(shown).join(', ');
  const one = (holds: boolean, instead: string): Compared => ({ holds, instead });
  // What its host's end has made of it neither holds nor fails.
  const asLeft = (holds: boolean, instead: string): Compared =>
    has.interrupted ? { holds: null, instead: '' } : one(holds, instead);
  return [
    ...(name === undefined ? [] : [one(name === has.name, `its name is ${shown(has.name)}`)]),
    ...(image === undefined ? [] : [one(isImage(image, has.image), `its image is ${shown(has.image)}`)]),
    ...(sameImage === undefined
      ? []
      : [
          one(
            has.sameImages.includes(sameImage),
            `its image is ${shown(has.image)}, which is not the same as ${sameImage}`,
          ),
        ]),
    ...(state === undefined ? [] : [asLeft(state === has.state, `it is ${has.state}${code}`)]),
    ...(detached === undefined
      ? []
      : [
          {
            holds: has.started === null ? null : has.started === (detached ? 'in the background' : 'in the foreground'),
            instead: has.started === 'never' ? 'it has never run' : `it was started ${has.started}`,
          },
        ]),
    ...(exitCode === undefined
      ? []
      : [
          asLeft(
            exitCode === has.exitCode,
            has.exitCode === null ? `it is ${has.state}` : `its exit code is ${has.exitCode}`,
          ),
        ]),
    ...(port === undefined
      ? []
      : [
          asLeft(
            port === 'none' ? has.ports.length === 0 : has.ports.includes(port),
            has.ports.length === 0 ? 'none of its ports is published' : `its published ports are ${ports}`,
          ),
        ]),
    ...(network === undefined
      ? []
      : [
          one(
            has.networks.includes(network),
            `it is on ${has.networks.slice(0, 3).map(shown).join(', ') || 'no network'}`,
          ),
        ]),
    ...compareWords('its label', labels ?? {}, (key) => (Object.hasOwn(has.labels, key) ? has.labels[key] : undefined)),
    ...compareDetails(wanted, has),
  ];
}

/** False as soon as one thing is not so, else null where one is not known. */
export function allHold(all: readonly Compared[]): boolean | null {
  if (all.some(({ holds }) => holds === false)) return false;
  return all.some(({ holds }) => holds === null) ? null : true;
}

/** Whether a filter asks for what only `docker inspect` tells. */
export function asksForDetails({ command, env, publishes, memory, cpus, oomKilled }: ContainerFilter): boolean {
  return [command, env, publishes, memory, cpus, oomKilled].some((each) => each !== undefined);
}
