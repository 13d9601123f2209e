/** What compose refuses in a file that its schema lets pass: names of nothing, services without an image, circles, ports that are none. */

/** A place in the file by its keys, and what is wrong there. */
export interface Finding {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Plain = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value);
const mapOf = (value: unknown): Plain => (isMap(value) ? value : {});
/** Variables are put in by whoever runs compose. */
const isOpen = (text: string): boolean => text.includes('$');

/** `file` is what a compose file says, whose form is right. What comes from other files is not looked at. */
export function composeFindings(file: unknown): readonly Finding[] {
  const whole = mapOf(file);
  if ('include' in whole) return [];
  const services = mapOf(whole.services);
  return [
    ...Object.entries(services).flatMap(([name, service]) => ofService(name, mapOf(service), whole)),
    ...circles(services),
  ];
}

function ofService(name: string, service: Plain, whole: Plain): readonly Finding[] {
  const at = ['services', name] as const;
  // What it takes over from elsewhere may have the rest.
  if ('extends' in service) return [];
  const isEmpty = !['image', 'build', 'provider'].some((key) => key in service);
  const both = 'network_mode' in service && 'networks' in service;
  return [
    ...(isEmpty ? [{ path: at, message: `The service “${name}” has neither an image nor a build.` }] : []),
    ...(both ? [{ path: [...at, 'network_mode'], message: '“network_mode” and “networks” exclude each other.' }] : []),
    ...references(service.depends_on, [...at, 'depends_on'], 'service', mapOf(whole.services), []),
    ...references(service.networks, [...at, 'networks'], 'network', mapOf(whole.networks), ['default']),
    ...references(service.secrets, [...at, 'secrets'], 'secret', mapOf(whole.secrets), []),
    ...references(service.configs, [...at, 'configs'], 'config', mapOf(whole.configs), []),
    ...volumes(service.volumes, [...at, 'volumes'], mapOf(whole.volumes)),
    ...ports(service.ports, [...at, 'ports']),
  ];
}

/** Names in a list, or keys of a map, that the file must define. */
function references(
  value: unknown,
  path: readonly (string | number)[],
  kind: string,
  defined: Plain,
  always: readonly string[],
): readonly Finding[] {
  const named: readonly (readonly [key: string | number, name: unknown])[] = Array.isArray(value)
    ? value.map((one: unknown, place) => [place, isMap(one) ? one.source : one] as const)
    : Object.entries(mapOf(value)).flatMap(([key, said]) =>
        mapOf(said).required === false ? [] : [[key, key] as const],
      );
  return named.flatMap(([key, name]) =>
    typeof name !== 'string' || isOpen(name) || Object.hasOwn(defined, name) || always.includes(name)
      ? []
      : [{ path: [...path, key], message: undefinedName(kind, name, Object.keys(defined)) }],
  );
}

function undefinedName(kind: string, name: string, defined: readonly string[]): string {
  const known = defined.slice(0, 5).map((each) => `“${each}”`);
  const there = known.length === 0 ? `This file defines no ${kind}.` : `This file has ${known.join(', ')}.`;
  const how = kind === 'service' ? '' : ` Define it under ${kind}s: at the end of the file.`;
  return `There is no ${kind} “${name}”. ${there}${how}`;
}

/** A volume is named where what stands before the colon is no path. */
function volumes(value: unknown, path: readonly (string | number)[], defined: Plain): readonly Finding[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown, place): readonly Finding[] => {
    const source = isMap(one) ? (one.type === 'volume' ? one.source : undefined) : namedSource(one);
    if (typeof source !== 'string' || isOpen(source) || Object.hasOwn(defined, source)) return [];
    return [{ path: [...path, place], message: undefinedName('volume', source, Object.keys(defined)) }];
  });
}

function namedSource(short: unknown): string | undefined {
  if (typeof short !== 'string') return undefined;
  const [source = '', target] = short.split(':');
  return target === undefined || /^[./~\\]|^[a-zA-Z]$/.test(source) ? undefined : source;
}

const portForm =
  /^(?:(?:\[[\da-fA-F:.]+\]|\d+(?:\.\d+){3}):)?(?:(\d+(?:-\d+)?)?:)?(\d+(?:-\d+)?)(?:\/(tcp|udp|sctp))?$/;

function ports(value: unknown, path: readonly (string | number)[]): readonly Finding[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown, place): readonly Finding[] => {
    if (typeof one !== 'string' || isOpen(one)) return [];
    const [, host = '', container = ''] = portForm.exec(one) ?? [];
    const numbers = `${host}-${container}`.split('-').filter(Boolean).map(Number);
    if (numbers.length > 0 && numbers.every((port) => port <= 65_535)) return [];
    return [{ path: [...path, place], message: `“${one}” is no port. Write host:container, as "8080:80".` }];
  });
}

/** Services that wait for each other. */
function circles(services: Plain): readonly Finding[] {
  const needs = (name: string): readonly string[] => {
    const { depends_on: on } = mapOf(services[name]);
    return (Array.isArray(on) ? on.map(String) : Object.keys(mapOf(on))).filter((one) => Object.hasOwn(services, one));
  };
  const told = new Set<string>();
  return Object.keys(services).flatMap((first) => {
    if (told.has(first)) return [];
    const from = new Map<string, string>();
    const open = [first];
    for (let name = open.pop(); name !== undefined; name = open.pop())
      for (const next of needs(name)) {
        if (next === first) {
          const way = [first];
          for (let at = name; at !== first; at = from.get(at) ?? first) way.splice(1, 0, at);
          for (const one of way) told.add(one);
          const shown = [...way, first].map((one) => `“${one}”`).join(' → ');
          return [{ path: ['services', first, 'depends_on'], message: `These wait for each other: ${shown}.` }];
        }
        if (!from.has(next)) {
          from.set(next, name);
          open.push(next);
        }
      }
    return [];
  });
}
