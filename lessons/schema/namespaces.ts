// `{{namespace}}`: what the lab's own namespace on the hub is called, which no lab file declares. It is known once the lab has hosts.

import type { ParameterValues } from './fill-in.ts';

interface NamedHost {
  readonly name: string;
  readonly account?: 'own' | undefined;
}

/** Of the lab, and so of its first host. */
export const namespaceName = 'namespace';

/** `my-pc` has `myPcNamespace`. */
function ownName(host: string): string {
  return `${host.replace(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}Namespace`;
}

/** By the parameter's name, the host whose namespace it is: the first one's, and those of hosts with an account of their own. */
export function namespaceHosts(hosts: readonly NamedHost[]): ReadonlyMap<string, string> {
  const own = hosts.filter(({ account }) => account === 'own').map(({ name }) => [ownName(name), name] as const);
  return new Map([[namespaceName, hosts[0]?.name ?? ''], ...own]);
}

/** Values of the form that they will have, for whoever reads a lab without hosts. */
export function sampleNamespaces(hosts: readonly NamedHost[]): ParameterValues {
  return Object.fromEntries(
    [...namespaceHosts(hosts).keys()].map((name, place) => [name, `student-k7m2x${'qrstuv'[place]}`]),
  );
}
