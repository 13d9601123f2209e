// What `docker volume create -o` may say: the options of Docker's driver `local`, of which this engine has a tmpfs.

import { EngineError } from '../errors.ts';
import { idsPerHost } from '../kernel/user-namespace.ts';
import { isTmpfsFlag, isTmpfsOption } from './tmpfs-options.ts';

const known = ['type', 'o', 'device', 'size'];
/** What each needs beside it, as in moby (`volume/local/local_unix.go`). */
const needed: Readonly<Record<string, readonly string[]>> = {
  device: ['type'],
  type: ['device'],
  o: ['device', 'type'],
};

export type LocalOptions = Readonly<Record<string, string>> | null;

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

function listOf(options: Readonly<Record<string, string>>): string[] {
  return (options.o ?? '').split(',').filter((option) => option !== '');
}

/** Whether the volume is a tmpfs, which is empty when nobody has used it. */
export function isTmpfs(options: LocalOptions): boolean {
  return options?.type === 'tmpfs';
}

/** Throws invalid, in moby's words where it has some. */
export function checkLocalOptions(options: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw invalid(`invalid option: ${JSON.stringify(name.slice(0, 80))}`);
  if (options.size !== undefined) throw invalid('quota size requested but no quota support');
  for (const [name, others] of Object.entries(needed))
    for (const other of others)
      if (options[name] !== undefined && options[other] === undefined)
        throw invalid(`missing required option: ${JSON.stringify(other)}`);
  if (options.type === undefined) return;
  if (options.type !== 'tmpfs')
    throw invalid(
      `a volume of type ${JSON.stringify(options.type.slice(0, 80))} is not possible on a host of this engine: only tmpfs is; mount a directory of this host with -v /DIRECTORY:/PLACE`,
    );
  for (const option of listOf(options))
    if (!isTmpfsOption(option)) throw invalid(`invalid tmpfs option ${JSON.stringify(option.slice(0, 80))}`);
}

export interface TmpfsPlan {
  /** For mount(2), with the machine's numbers of owners. */
  readonly options: string;
  readonly noExec: boolean;
  readonly readOnly: boolean;
}

/** How the tmpfs of such a volume is mounted for the host whose UIDs begin at `uidBase`. */
export function tmpfsPlanOf(options: LocalOptions, uidBase: number): TmpfsPlan {
  const given = listOf(options ?? {});
  const owner = (key: 'uid' | 'gid'): number => {
    const last = given.filter((option) => option.startsWith(`${key}=`)).at(-1);
    const id = Number(last?.slice(key.length + 1) ?? 0);
    if (id >= idsPerHost) throw invalid(`${key} ${id} is out of range: this host has IDs 0 to ${idsPerHost - 1}`);
    return uidBase + id;
  };
  const sizes = given.filter((option) => !isTmpfsFlag(option) && !/^[ug]id=/.test(option));
  return {
    options: [...sizes, `uid=${owner('uid')}`, `gid=${owner('gid')}`].join(','),
    noExec: given.includes('noexec'),
    readOnly: given.includes('ro'),
  };
}
