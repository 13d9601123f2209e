// API versions: which ones a client may ask for, and the error for any other.

import { EngineError } from '../errors.ts';

export const apiVersion = '1.51';
export const minApiVersion = '1.24';
/** The version of Docker Engine whose API this is. Clients compare it with the version that they need. */
export const dockerVersion = '28.5.2';

/** Negative, zero or positive if `a` is before, the same as or after `b`. Compares part by part, as numbers. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let part = 0; part < Math.max(left.length, right.length); part++) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Splits `/v1.47/info` into version and path; without a version it is ours. Throws invalid in moby's words. */
export function splitVersion(path: string): { version: string; path: string } {
  const parts = /^\/v(\d{1,4}(?:\.\d{1,4}){0,3})(\/.*)$/.exec(path);
  if (!parts) return { version: apiVersion, path };
  const version = parts[1] ?? apiVersion;
  if (compareVersions(version, minApiVersion) < 0)
    throw new EngineError(
      'invalid',
      `client version ${version} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`,
    );
  if (compareVersions(version, apiVersion) > 0)
    throw new EngineError(
      'invalid',
      `client version ${version} is too new. Maximum supported API version is ${apiVersion}`,
    );
  return { version, path: parts[2] ?? '/' };
}
