// Whether one container reaches another, as a check asks for.

import type { ConnectionCheck } from '../../lessons/schema.ts';
import type { ConnectionFact } from './facts.ts';
import { shown } from './shown.ts';

/** The key of a connection in `HostFacts.connections`. */
export const connectionKey = ({ from, to, port }: ConnectionCheck): string => JSON.stringify([from, to, port]);

/**
 * Null where nobody asked. That it does not work counts only while both containers run, and not where nothing but a program is
 * missing that listens.
 */
export function judgeConnection({ works }: ConnectionCheck, has: ConnectionFact | undefined): boolean | null {
  if (has === undefined) return null;
  if (works) return has.outcome === 'open';
  return has.from === 'running' && has.toRuns && (has.outcome === 'unasked' || has.outcome === 'silent');
}

/** Of a check that does not hold. */
export function connectionFound({ from, to, port, works }: ConnectionCheck, has: ConnectionFact): string {
  const at = has.address === to ? to : `${to} at ${shown(has.address ?? '')}`;
  if (has.from === 'missing') return `There is no container named ${from}.`;
  if (has.from === 'stopped') return `The container ${from} does not run.`;
  if (has.outcome === 'open') return `The container ${from} reaches ${at} on port ${port}.`;
  if (!works && has.outcome === 'refused')
    return `The container ${from} reaches ${at}, though nothing listens there on port ${port}.`;
  if (!works) return `There is no running container that is called ${to}.`;
  if (has.address === null)
    return has.toRuns
      ? `The container ${from} finds nobody by the name ${to}: they share no network on which names are known.`
      : `The container ${from} finds nobody by the name ${to}: no running container is called so.`;
  const why = has.outcome === 'refused' ? `nothing listens there on port ${port}` : `gets no answer on port ${port}`;
  return `The container ${from} finds ${at}, but ${why}.`;
}

export function connectionInWords({ from, to, port, works }: ConnectionCheck): string {
  return works
    ? `that the container ${from} reaches ${to} on port ${port}`
    : `that the container ${from} does not reach ${to} on port ${port}`;
}
