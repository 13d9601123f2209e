// What those who pull are told of another registry's failure: in distribution's codes, with the time where there is one, and without its
// addresses, which are the operator's business.

import type { RegistryFailure } from '../../registries/failure.ts';
import { Refusal, type RefusalCode, refusals } from '../../registry/refusal.ts';

/** Whether the registry is not to be had, and what it had before may be told instead. */
export function isAway({ code }: Refusal): boolean {
  return code === 'UNAVAILABLE' || code === 'TOOMANYREQUESTS';
}

/**
 * For the operator: what went wrong on the way, or the status of an answer. Neither what a registry says, which may be what it was sent,
 * nor the queries of URLs, where a user's name is.
 */
export function forLog({ kind, status, code, message }: RegistryFailure): string {
  if (kind === 'answer') return `it answered ${status} ${/^[A-Z_]{1,40}$/.test(code) ? code : ''}`.trim();
  return message.replace(/\?[^"\s]*/g, '?…');
}

/** `in 40 minutes` */
function span(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} seconds`;
  return seconds < 90 * 60 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3600)} hours`;
}

function limited(name: string, seconds: number): Refusal {
  return new Refusal('TOOMANYREQUESTS', {
    message: `${name} has had as many requests of this machine as it takes now; it may be asked again in ${span(seconds)}`,
    headers: { 'Retry-After': Math.max(1, Math.ceil(seconds)) },
  });
}

const away = (name: string, seconds: number | null): Refusal =>
  new Refusal('UNAVAILABLE', {
    message: `${name} does not answer this machine at the moment`,
    ...(seconds !== null && { headers: { 'Retry-After': Math.max(1, Math.ceil(seconds)) } }),
  });

export function isUnauthorized({ status, code }: RegistryFailure): boolean {
  return status === 401 || code === 'UNAUTHORIZED';
}

const usualWaitSeconds = 60;
const isCode = (code: string): code is RefusalCode => code in refusals;

export function refusalFor(name: string, failure: RegistryFailure): Refusal {
  const { kind, status, code, retryAfterSeconds } = failure;
  if (status === 429 || code === 'TOOMANYREQUESTS') return limited(name, retryAfterSeconds ?? usualWaitSeconds);
  if (kind === 'network' || kind === 'lost' || status >= 500) return away(name, retryAfterSeconds);
  if (kind === 'broken')
    return new Refusal('UNKNOWN', {
      status: 502,
      message: `what ${name} sends is not what it should be`,
      cause: failure,
    });
  // A registry asks for a login where there is no such repository, too.
  if (isUnauthorized(failure) || status === 403 || code === 'DENIED') return new Refusal('DENIED', { cause: failure });
  if (status === 404)
    return new Refusal(isCode(code) && code !== 'UNKNOWN' ? code : 'MANIFEST_UNKNOWN', { status: 404 });
  return new Refusal('UNKNOWN', { status: 502, message: `${name} has refused it`, cause: failure });
}

/** The same of a registry that is left alone for so long. */
export function pausedRefusal(name: string, failure: RegistryFailure, seconds: number): Refusal {
  const isLimit = failure.status === 429 || failure.code === 'TOOMANYREQUESTS';
  return isLimit ? limited(name, seconds) : away(name, seconds);
}
