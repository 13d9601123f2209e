// What a client asks for all steps of a build that run commands: their host name, more names, the size of shared memory, limits.

import { csvFields } from '../language/csv.ts';
import { LanguageError } from '../language/source.ts';

/** Keys of Docker's HostConfig, and one of its Config. Those that are not there are as in every step. */
export interface StepSettings {
  readonly Hostname?: string;
  readonly ExtraHosts?: readonly string[];
  readonly ShmSize?: number;
  readonly Ulimits?: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
}

const fieldsOf = (text: string | undefined): string[] => (text ? csvFields(text) : []);

/** `attributes`: those of the `dockerfile.v0` frontend. What a value may be is for whoever makes the containers. Throws LanguageError. */
export function stepSettings(attributes: ReadonlyMap<string, string>): StepSettings {
  const hosts = fieldsOf(attributes.get('add-hosts'));
  const shmSize = attributes.get('shm-size');
  const hostname = attributes.get('build-arg:BUILDKIT_SANDBOX_HOSTNAME') || attributes.get('hostname') || '';
  const limits = fieldsOf(attributes.get('ulimit')).map(ulimit);
  if (shmSize !== undefined && !/^\d{1,15}$/.test(shmSize))
    throw new LanguageError(`failed to parse shm-size: ${JSON.stringify(shmSize)} is no number of bytes`);
  return {
    ...(hostname !== '' && { Hostname: hostname }),
    ...(hosts.length > 0 && { ExtraHosts: hosts.map((host) => host.replace('=', ':')) }),
    ...(shmSize !== undefined && { ShmSize: Number(shmSize) }),
    ...(limits.length > 0 && { Ulimits: limits }),
  };
}

function ulimit(text: string): { Name: string; Soft: number; Hard: number } {
  const parts = /^(\w+)=(-?\d{1,15})(?::(-?\d{1,15}))?$/.exec(text);
  if (!parts) throw new LanguageError(`failed to parse ulimit: invalid ulimit argument: ${text.slice(0, 100)}`);
  const [, Name = '', soft = '', hard = soft] = parts;
  return { Name, Soft: Number(soft), Hard: Number(hard) };
}
