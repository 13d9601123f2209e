/** Who is on which network, as a table: a column for each network, a row for each container. */
import type { View, ViewNetwork } from '@drydock/sandbox-server/protocol';

/** A network, and who is on it. */
export interface NetworkWish {
  readonly name: string;
  readonly containers: readonly string[];
}

export interface NetworkPlan {
  readonly networks: readonly ViewNetwork[];
  /** The addresses stand in the order of the networks; null where the container is not on it. */
  readonly rows: readonly { readonly container: string; readonly addresses: readonly (string | null)[] }[];
}

/** Reads `front: web app; back: app db`. */
export function networksIn(said: string): readonly NetworkWish[] {
  return said
    .split(';')
    .map((part) => part.split(':').map((side) => side.trim()))
    .flatMap(([name = '', containers = '']) =>
      name === '' ? [] : [{ name, containers: containers.split(/\s+/).filter((each) => each !== '') }],
    );
}

/** Of the networks of these names, in their order; those that the host does not have are left out. */
export function networkPlan(view: View, names: readonly string[]): NetworkPlan {
  const networks = names.flatMap((name) => view.networks.find((network) => network.name === name) ?? []);
  const containers = new Set(networks.flatMap(({ members }) => members.map(({ container }) => container)));
  return {
    networks,
    rows: [...containers].map((container) => ({
      container,
      addresses: networks.map(({ members }) => members.find((one) => one.container === container)?.address ?? null),
    })),
  };
}
