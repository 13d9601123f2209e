// Inodes that Node's own fs cannot make or read: device nodes and extended attributes. Paths are never followed at their end.

import { constants } from 'node:os';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const mknodCall = libc.func('int mknod(const char *path, uint32_t mode, uint64_t device)');
const lsetxattrCall = libc.func(
  'int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)',
);
const lgetxattrCall = libc.func(
  'int64_t lgetxattr(const char *path, const char *name, _Out_ uint8_t *value, size_t size)',
);
const llistxattrCall = libc.func('int64_t llistxattr(const char *path, _Out_ uint8_t *list, size_t size)');
const fsetxattrCall = libc.func('int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)');
const fgetxattrCall = libc.func('int64_t fgetxattr(int fd, const char *name, _Out_ uint8_t *value, size_t size)');
const fremovexattrCall = libc.func('int fremovexattr(int fd, const char *name)');
const flistxattrCall = libc.func('int64_t flistxattr(int fd, _Out_ uint8_t *list, size_t size)');
const syncfsCall = libc.func('int syncfs(int fd)');

/** The kernel's own bound on a list of names and on one value (`XATTR_LIST_MAX`, `XATTR_SIZE_MAX`). */
const maxXattrBytes = 65536;
const scratch = new Uint8Array(maxXattrBytes);

const codeOf = new Map(Object.entries(constants.errno).map(([code, number]) => [number, code]));

/** An error as Node's fs throws it, with `code` set, for the system call that has just failed. */
function failure(call: string, path: string): NodeJS.ErrnoException {
  const errno = koffi.errno();
  const code = codeOf.get(errno) ?? `errno ${errno}`;
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code, errno, syscall: call, path });
}

export const fileType = { character: 0o020000, block: 0o060000, fifo: 0o010000 } as const;

/** Makes a device node or fifo; `mode` holds type and permissions. Throws as Node's fs does, EEXIST where something is there. */
export function makeNode(path: string, mode: number, device: bigint): void {
  if (mknodCall(path, mode, device) !== 0) throw failure('mknod', path);
}

/** Sets an extended attribute of `path` itself, also where it is a symbolic link. */
export function setAttribute(path: string, name: string, value: Uint8Array): void {
  if (lsetxattrCall(path, name, value, value.length, 0) !== 0) throw failure('lsetxattr', path);
}

/** The value, or null where the file has no such attribute or its file system has none at all. */
export function attribute(path: string, name: string): Buffer | null {
  const size = lgetxattrCall(path, name, scratch, maxXattrBytes);
  if (size >= 0) return Buffer.from(scratch.subarray(0, Number(size)));
  const error = failure('lgetxattr', path);
  if (error.code === 'ENODATA' || error.code === 'EOPNOTSUPP') return null;
  throw error;
}

/** The names of the extended attributes of `path`. */
export function attributeNames(path: string): string[] {
  const size = llistxattrCall(path, scratch, maxXattrBytes);
  if (size < 0) {
    const error = failure('llistxattr', path);
    if (error.code === 'EOPNOTSUPP') return [];
    throw error;
  }
  const list = Buffer.from(scratch.buffer, 0, Number(size)).toString('utf8');
  return list.split('\0').filter((name) => name !== '');
}

/** The extended attributes of an open file or directory that `wanted` takes, with their values. */
export function attributesOf(fd: number, wanted: (name: string) => boolean): (readonly [string, Buffer])[] {
  const size = flistxattrCall(fd, scratch, maxXattrBytes);
  if (size <= 0) return [];
  const names = Buffer.from(scratch.buffer, 0, Number(size)).toString('utf8').split('\0');
  return names.filter(wanted).flatMap((name) => {
    const length = fgetxattrCall(fd, name, scratch, maxXattrBytes);
    return length < 0 ? [] : [[name, Buffer.from(scratch.subarray(0, Number(length)))] as const];
  });
}

/** Sets an extended attribute of an open file or directory. */
export function setAttributeOf(fd: number, name: string, value: Uint8Array): void {
  if (fsetxattrCall(fd, name, value, value.length, 0) !== 0) throw failure('fsetxattr', `descriptor ${fd}`);
}

/** Takes an extended attribute from an open file or directory, which has it. */
export function removeAttributeOf(fd: number, name: string): void {
  if (fremovexattrCall(fd, name) !== 0) throw failure('fremovexattr', `descriptor ${fd}`);
}

/** Writes everything of the file system that holds the open file `fd` to its disk (syncfs(2)), in a thread of libuv's. */
export function syncFileSystem(fd: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  syncfsCall.async(fd, (error: Error | null, result: number) => {
    if (error === null && result === 0) resolve();
    else reject(error ?? new Error('syncfs: the disk has failed'));
  });
  return promise;
}
