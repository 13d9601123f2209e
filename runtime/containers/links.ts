// `--link CONTAINER:ALIAS` on the default network: the other container's address under that name in /etc/hosts, and its ports and
// environment in variables, as Docker has had it since before networks had names. On a network of the student's own the name server
// tells the alias (`names-known.ts`).

import { EngineError } from '../errors.ts';
import { endpointIn } from '../networks/endpoint.ts';
import { replaceHostsLine } from '../networks/files.ts';
import { type NetworkMode, networkModeInWords, parseNetworkMode } from '../networks/mode.ts';
import type { Container, ContainerHost } from './container.ts';
import type { ContainerRecord } from './container-record.ts';

interface Link {
  readonly child: Container;
  readonly alias: string;
}

const network = 'bridge';

/** `NAME`, `NAME:ALIAS`, or as inspect shows one, `/NAME:/PARENT/ALIAS`. Throws invalid. */
export function parseLink(given: string): { readonly reference: string; readonly alias: string } {
  const [reference = '', alias = reference, ...more] = given.split(':');
  if (reference === '' || alias === '' || more.length > 0)
    throw new EngineError('invalid', `bad format for links: ${given.slice(0, 255)}`);
  if (!reference.startsWith('/')) return { reference, alias };
  return { reference: reference.slice(1), alias: alias.slice(alias.lastIndexOf('/') + 1) };
}

/** What is stored of the links that a new container is to have: `ID:ALIAS`. Throws invalid in Docker's words. */
export function chosenLinks(host: ContainerHost, asked: readonly string[] | null, mode: NetworkMode): string[] | null {
  if (!asked) return null;
  if (mode.kind === 'host' || mode.kind === 'container') {
    const kind = mode.kind === 'host' ? 'host type' : 'container type';
    throw new EngineError(
      'invalid',
      `conflicting options: ${kind} network can't be used with links. This would result in undefined behavior`,
    );
  }
  if (networkModeInWords(mode) !== network) return null;
  return asked.map(parseLink).map(({ reference, alias }) => {
    try {
      const child = host.findContainer(reference);
      if (parseNetworkMode(child.record.hostConfig.NetworkMode).kind === 'host')
        throw new EngineError(
          'invalid',
          "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
        );
      return `${child.id}:${alias}`;
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'notFound') throw error;
      throw new EngineError('invalid', `could not get container for ${reference}: ${error.message}`);
    }
  });
}

/** The containers that it is linked to. */
export function linkedIds({ hostConfig }: ContainerRecord): string[] {
  return (hostConfig.Links ?? []).map((stored) => stored.split(':', 1)[0] ?? '');
}

/** Of those that are still there. */
function linksOf({ host, record }: Container): Link[] {
  return (record.hostConfig.Links ?? []).flatMap((stored) => {
    const [id = '', alias = ''] = stored.split(':');
    const child = host.containers.get(id);
    return child ? [{ child, alias }] : [];
  });
}

const nameOf = (parent: Container, alias: string): string => `/${parent.name}/${alias}`;

/** As inspect shows them: `/one:/two/alias`. */
export function shownLinks(container: Container): string[] | null {
  const links = linksOf(container).map(({ child, alias }) => `/${child.name}:${nameOf(container, alias)}`);
  return links.length > 0 ? links : null;
}

/** By which names others link to it: `/two/alias`. */
export function linkNamesOf(container: Container): string[] {
  return [...container.host.containers.values()].flatMap((parent) =>
    linksOf(parent)
      .filter(({ child }) => child === container)
      .map(({ alias }) => nameOf(parent, alias)),
  );
}

/** `docker rm --link PARENT/ALIAS`. Throws invalid, notFound. */
export function removeLink(host: ContainerHost, name: string): void {
  const [parentName = '', alias = ''] = name.replace(/^\//, '').split('/');
  if (alias === '') throw new EngineError('invalid', `Conflict, cannot remove the default link name of the container`);
  const parent = host.findContainer(parentName);
  const left = (parent.record.hostConfig.Links ?? []).filter((stored) => !stored.endsWith(`:${alias}`));
  parent.save({ hostConfig: { ...parent.record.hostConfig, Links: left.length > 0 ? left : null } });
}

/** The words of a child's line in /etc/hosts. */
const wordsOf = ({ child, alias }: Link): string =>
  [alias, child.record.config.Hostname, ...(alias === child.name ? [] : [child.name])].join(' ');

/** `NAMES:ADDRESS`, as `--add-host` has it, for each link of a container that is being started. */
export function linkedHosts(container: Container): string[] {
  return linksOf(container).flatMap((link) => {
    const endpoint = endpointIn(link.child.record.endpoints, network);
    return endpoint ? [`${wordsOf(link)}:${endpoint.ipAddress}`] : [];
  });
}

/** Throws refused where one of those that it is linked to does not run. */
export function needLinked(container: Container): void {
  for (const { child, alias } of linksOf(container)) {
    if (!child.running)
      throw new EngineError(
        'refused',
        `Cannot link to a non running container: /${child.name} AS ${nameOf(container, alias)}`,
      );
    if (!endpointIn(child.record.endpoints, network))
      throw new EngineError('refused', `container ${child.id} not attached to default bridge network`);
  }
}

/** Those of TCP first, and by their numbers. */
function portsOf({ config }: ContainerRecord): { readonly port: string; readonly protocol: string }[] {
  const ports = Object.keys(config.ExposedPorts ?? {}).map((given) => {
    const [port = '', protocol = 'tcp'] = given.split('/');
    return { port, protocol };
  });
  const rank = ({ protocol }: { readonly protocol: string }): number => (protocol === 'tcp' ? 0 : 1);
  return ports.sort((a, b) => rank(a) - rank(b) || Number(a.port) - Number(b.port));
}

/** The variables that tell of them (moby `daemon/links`), without those of ranges of ports. */
export function linkedEnv(container: Container): string[] {
  return linksOf(container).flatMap(({ child, alias }) => {
    const ip = endpointIn(child.record.endpoints, network)?.ipAddress;
    if (ip === undefined) return [];
    const prefix = alias.toUpperCase().replaceAll('-', '_');
    const ports = portsOf(child.record);
    const [first] = ports;
    return [
      `${prefix}_NAME=${nameOf(container, alias)}`,
      ...(first ? [`${prefix}_PORT=${first.protocol}://${ip}:${first.port}`] : []),
      ...ports.flatMap(({ port, protocol }) => {
        const name = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
        return [
          `${name}=${protocol}://${ip}:${port}`,
          `${name}_ADDR=${ip}`,
          `${name}_PORT=${port}`,
          `${name}_PROTO=${protocol}`,
        ];
      }),
      ...child.record.config.Env.filter((entry) => entry.includes('=') && !/^(HOME|PATH)=/.test(entry)).map(
        (entry) => `${prefix}_ENV_${entry}`,
      ),
    ];
  });
}

/** For a container that has been started: those that run and are linked to it learn its address. */
export function tellLinked(child: Container): void {
  const address = endpointIn(child.record.endpoints, network)?.ipAddress;
  if (address === undefined) return;
  for (const parent of child.host.containers.values()) {
    if (!parent.running) continue;
    for (const link of linksOf(parent)) {
      if (link.child !== child) continue;
      try {
        replaceHostsLine(`${parent.directory}/etc/hosts`, wordsOf(link), address);
      } catch (error) {
        child.host.engine.log.warn(
          { error, container: parent.id },
          'could not change the names of what a container is linked to',
        );
      }
    }
  }
}
