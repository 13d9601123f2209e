// Whether a volume, and who uses it, is what a check asks for. What is found instead is whole sentences here.

import type { VolumeCheck } from '../../lessons/schema.ts';
import { type Compared, compareLabels, compareOne } from './compared.ts';
import type { ContainerFact, VolumeFact } from './facts.ts';
import { listed, shown } from './shown.ts';

/** Names of the containers that have a volume mounted, running or not. */
function usersOf(volume: string, containers: readonly ContainerFact[]): readonly string[] {
  return containers
    .filter(({ mounts }) => mounts.some(({ type, name }) => type === 'volume' && name === volume))
    .map(({ name }) => name);
}

/**
 * Each wanted property, with a sentence of what is there instead. `isEmpty`: whether nothing is in it; undefined where nobody asked.
 */
export function compareVolume(
  { name, driver, labels, options, usedBy, unused, empty }: VolumeCheck,
  has: VolumeFact,
  containers: readonly ContainerFact[],
  isEmpty: boolean | undefined,
): readonly Compared[] {
  const users = usersOf(name, containers);
  const told = listed(users.slice(0, 5).map(shown));
  const but = (compared: Compared): Compared => ({
    ...compared,
    instead: `Found the volume ${name}, but ${compared.instead}.`,
  });
  return [
    ...compareOne(driver, (kind) => ({
      holds: kind === has.driver,
      instead: `The volume ${name} has the driver ${shown(has.driver)}.`,
    })),
    ...compareLabels(labels, has.labels).map(but),
    ...compareLabels(options, has.options, 'its option').map(but),
    ...compareOne(usedBy, (wanted) => {
      const missing = wanted.filter((each) => !users.includes(each));
      const others = `does not have it`;
      return {
        holds: missing.length === 0,
        instead:
          users.length === 0
            ? `No container uses the volume ${name}.`
            : `The volume ${name} is used by ${told}; ${listed(missing)} ${missing.length > 1 ? 'do not have it' : others}.`,
      };
    }),
    ...compareOne(unused, (is) => ({
      holds: is === (users.length === 0),
      instead:
        users.length === 0 ? `No container uses the volume ${name}.` : `The volume ${name} is still used by ${told}.`,
    })),
    ...compareOne(empty, (is) => ({
      holds: isEmpty === undefined ? null : is === isEmpty,
      instead: isEmpty === true ? `The volume ${name} is empty.` : `There is something in the volume ${name}.`,
    })),
  ];
}

export function volumeInWords({ name, driver, labels, options, usedBy, unused, empty }: VolumeCheck): string {
  const pairs = (all: Readonly<Record<string, string>>) => Object.entries(all).map(([key, value]) => `${key}=${value}`);
  const said = [
    ...(driver === undefined ? [] : [`with the driver ${driver}`]),
    ...(labels === undefined ? [] : [`with the label ${listed(pairs(labels))}`]),
    ...(options === undefined ? [] : [`with the option ${listed(pairs(options))}`]),
    ...(usedBy === undefined ? [] : [`that ${listed(usedBy)} uses`]),
    ...(unused === undefined ? [] : [unused ? 'that no container uses' : 'that a container uses']),
    ...(empty === undefined ? [] : [empty ? 'with nothing in it' : 'with something in it']),
  ];
  return `a volume ${name}${said.length === 0 ? '' : ` ${said.join(', ')}`}`;
}
