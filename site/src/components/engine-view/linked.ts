/** What belongs together in a picture: a container with its networks and volumes, and each of those with the containers that have it. */
import type { View } from '@drydock/sandbox-server/protocol';
import type { ThingKey } from './questions.ts';

/** The things that belong to a picked one, without itself. */
export function linkedTo(picked: ThingKey | undefined, view: View): ReadonlySet<ThingKey> {
  if (picked === undefined) return new Set();
  const idOf = (name: string): readonly ThingKey[] =>
    view.containers.filter((container) => container.name === name).map(({ id }): ThingKey => `container ${id}`);
  const pairs: (readonly [ThingKey, ThingKey])[] = [
    ...view.networks.flatMap(({ name, members }) =>
      members.flatMap(({ container }) => idOf(container).map((id) => [`network ${name}`, id] as const)),
    ),
    ...view.volumes.flatMap(({ name, users }) =>
      users.flatMap(({ container }) => idOf(container).map((id) => [`volume ${name}`, id] as const)),
    ),
  ];
  return new Set(
    pairs.flatMap(([around, container]) => (around === picked ? [container] : container === picked ? [around] : [])),
  );
}
