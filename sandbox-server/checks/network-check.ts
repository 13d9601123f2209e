// Whether a network, and who is on it, is what a check asks for. What is found instead is whole sentences here.

import type { NetworkCheck, WantedMember } from '../../lessons/schema.ts';
import { type Compared, compareLabels, compareOne } from './compared.ts';
import type { ContainerFact, NetworkFact } from './facts.ts';
import { listed, shown } from './shown.ts';

/** A container's short id and its host name say nothing to a reader. */
const isMadeUp = (name: string): boolean => /^[0-9a-f]{12}$/.test(name);

function compareMember(
  network: string,
  { name, alias, address }: WantedMember,
  has: NetworkFact,
  containers: readonly ContainerFact[],
): readonly Compared[] {
  const member = has.members.find((one) => one.name === name);
  if (member === undefined)
    return [{ holds: false, instead: `On the network ${network} there is no running container ${name}.` }];
  const details = containers.find((one) => one.name === name)?.details ?? null;
  const told = details !== null && Object.hasOwn(details.aliases, network) ? (details.aliases[network] ?? []) : [];
  const aliases = told.map((each) => each.toLowerCase());
  const called = aliases.filter((each) => !isMadeUp(each)).slice(0, 5);
  return [
    ...compareOne(alias, (wanted) => ({
      holds: details === null ? null : aliases.includes(wanted.toLowerCase()),
      instead: `On the network ${network}, ${name} is not called ${wanted}; it is called ${listed(called.map(shown)) || 'nothing there'}.`,
    })),
    ...compareOne(address, (wanted) => ({
      holds: wanted === member.address,
      instead: `On the network ${network}, ${name} has the address ${shown(member.address) || 'of nobody'}.`,
    })),
  ];
}

/** Names that are missing are told together. */
function missing(network: string, wanted: readonly WantedMember[], has: NetworkFact): readonly Compared[] {
  const names = wanted.map(({ name }) => name).filter((name) => has.members.every((one) => one.name !== name));
  if (names.length === 0) return [];
  return [{ holds: false, instead: `On the network ${network} there is no running container ${listed(names, 'or')}.` }];
}

/** Each wanted property, with a sentence of what is there instead. `containers` are those of the host. */
export function compareNetwork(
  { name, driver, internal, subnet, gateway, labels, empty, containers: wanted = [] }: NetworkCheck,
  has: NetworkFact,
  containers: readonly ContainerFact[],
): readonly Compared[] {
  const but = (compared: Compared): Compared => ({
    ...compared,
    instead: `Found the network ${name}, but ${compared.instead}.`,
  });
  const one = (all: readonly string[]): string => listed(all.slice(0, 3).map(shown)) || 'none';
  return [
    ...compareOne(driver, (kind) => ({
      holds: kind === has.driver,
      instead: `The network ${name} has the driver ${shown(has.driver)}.`,
    })),
    ...compareOne(internal, (is) =>
      but({ holds: is === has.internal, instead: `it is ${has.internal ? '' : 'not '}internal` }),
    ),
    ...compareOne(subnet, (range) =>
      but({ holds: has.subnets.includes(range), instead: `its subnet is ${one(has.subnets)}` }),
    ),
    ...compareOne(gateway, (address) =>
      but({ holds: has.gateways.includes(address), instead: `its gateway is ${one(has.gateways)}` }),
    ),
    ...compareLabels(labels, has.labels).map(but),
    ...compareOne(empty, (is) => ({
      holds: is === (has.members.length === 0),
      instead:
        has.members.length === 0
          ? `On the network ${name} there is no running container.`
          : `On the network ${name} there is ${one(has.members.map((member) => member.name))}.`,
    })),
    ...missing(name, wanted, has),
    ...wanted.flatMap((member) => compareMember(name, member, has, containers)),
  ];
}

function memberInWords({ name, alias, address }: WantedMember): string {
  const called = alias === undefined ? '' : `, called ${alias}`;
  return `${name}${called}${address === undefined ? '' : `, at ${address}`}`;
}

export function networkInWords({ name, driver, internal, subnet, gateway, empty, containers }: NetworkCheck): string {
  const said = [
    ...(driver === undefined ? [] : [`with the driver ${driver}`]),
    ...(internal === undefined ? [] : [internal ? 'that is internal' : 'that is not internal']),
    ...(subnet === undefined ? [] : [`with the subnet ${subnet}`]),
    ...(gateway === undefined ? [] : [`with the gateway ${gateway}`]),
    ...(empty === undefined ? [] : [empty ? 'with nobody on it' : 'with somebody on it']),
    ...(containers === undefined ? [] : [`with ${listed(containers.map(memberInWords))} on it`]),
  ];
  return `a network ${name}${said.length === 0 ? '' : ` ${said.join(', ')}`}`;
}
