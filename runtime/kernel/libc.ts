// The C library calls that the engine makes, each checked. The only file that binds them; `inodes.ts` has its own few.

import os from 'node:os';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const names = new Map(Object.entries(os.constants.errno).map(([name, number]) => [number, name]));

/** A failed system call. `code` is the errno's name, as in Node's own errors. */
export class SystemCallError extends Error {
  readonly code: string;
  readonly errno: number;

  constructor(call: string, errno: number) {
    const code = names.get(errno) ?? `errno ${errno}`;
    super(`${call}: ${code}`);
    this.name = 'SystemCallError';
    this.code = code;
    this.errno = errno;
  }
}

/** The call's result, or a SystemCallError that says what was tried. */
export function checked(call: string, result: number | bigint): number {
  if (result < 0) throw new SystemCallError(call, koffi.errno());
  return Number(result);
}

type Call = (...args: unknown[]) => number;
const bind = (declaration: string): Call => libc.func(declaration) as Call;
/** `async` takes what is called with its end last. */
type BothCalls = Call & { readonly async: (...args: unknown[]) => void };
const bindBoth = (declaration: string): BothCalls => libc.func(declaration) as BothCalls;

/** A call of `ioctl` in a thread of libuv's, for those that take their time; it resolves as `checked`. */
export function ioctlAside(call: string, fd: number, request: bigint, argument: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  libcCalls.ioctl.async(fd, request, argument, (error: Error | null, result: number) => {
    if (error) return reject(error);
    if (result < 0) return reject(new SystemCallError(call, koffi.errno()));
    resolve();
  });
  return promise;
}

export const libcCalls = {
  setns: bind('int setns(int fd, int type)'),
  unshare: bind('int unshare(int flags)'),
  mount: bind('int mount(str source, str target, str type, ulong flags, str data)'),
  umount2: bind('int umount2(str target, int flags)'),
  chdir: bind('int chdir(str path)'),
  mknod: bind('int mknod(str path, uint mode, ulong device)'),
  socket: bind('int socket(int domain, int type, int protocol)'),
  connect: bind('int connect(int fd, void *address, uint length)'),
  bind: bind('int bind(int fd, void *address, uint length)'),
  listen: bind('int listen(int fd, int backlog)'),
  getsockname: bind('int getsockname(int fd, _Out_ void *address, _Inout_ void *length)'),
  setsockopt: bind('int setsockopt(int fd, int level, int name, void *value, uint length)'),
  getsockopt: bind('int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ void *length)'),
  send: bind('long send(int fd, void *data, ulong length, int flags)'),
  recv: bind('long recv(int fd, _Out_ void *data, ulong length, int flags)'),
  /** 0 where there is none. */
  ifNameToIndex: bind('uint if_nametoindex(str name)'),
  ioctl: bindBoth('int ioctl(int fd, ulong request, void *argument)'),
  openTree: bind('long syscall(long number, long directory, str path, uint flags)'),
  mountSetattr: bind('long syscall(long number, long directory, str path, uint flags, void *attributes, ulong size)'),
  fsopen: bind('long syscall(long number, str type, ulong flags)'),
  fsconfig: bind('long syscall(long number, long context, ulong command, str key, str value, long extra)'),
  fsmount: bind('long syscall(long number, long context, ulong flags, ulong attributes)'),
  closeRange: bind('long syscall(long number, ulong first, ulong last, ulong flags)'),
  openat2: bind('long syscall(long number, long directory, str path, void *how, ulong size)'),
  /** `path` is bytes with a NUL at the end: a name need not be text. */
  openat2Bytes: bind('long syscall(long number, long directory, void *path, void *how, ulong size)'),
  renameat2: bind('int renameat2(int from, str name, int to, str newName, uint flags)'),
  setfsuid: bind('uint setfsuid(uint uid)'),
  setfsgid: bind('uint setfsgid(uint gid)'),
  socketpair: bind('int socketpair(int domain, int type, int protocol, void *pair)'),
  fcntl: bind('int fcntl(int fd, int command, int argument)'),
  dup3: bind('int dup3(int from, int to, int flags)'),
  waitpid: bind('int waitpid(int pid, void *status, int options)'),
  /** Gives the errno, as all of posix_spawn(3) do; those of `fileActions` and `spawnAttr` fill or change the structure. */
  posixSpawn: bind('int posix_spawn(_Out_ int *pid, str path, void *actions, void *attributes, str *argv, str *envp)'),
  fileActionsInit: bind('int posix_spawn_file_actions_init(void *actions)'),
  fileActionsDestroy: bind('int posix_spawn_file_actions_destroy(void *actions)'),
  fileActionsAddDup2: bind('int posix_spawn_file_actions_adddup2(void *actions, int fd, int newFd)'),
  fileActionsAddOpen: bind(
    'int posix_spawn_file_actions_addopen(void *actions, int fd, str path, int flags, uint mode)',
  ),
  fileActionsAddChdir: bind('int posix_spawn_file_actions_addchdir_np(void *actions, str path)'),
  spawnAttrInit: bind('int posix_spawnattr_init(void *attributes)'),
  spawnAttrSetFlags: bind('int posix_spawnattr_setflags(void *attributes, short flags)'),
  spawnAttrSetSigDefault: bind('int posix_spawnattr_setsigdefault(void *attributes, void *signals)'),
  spawnAttrSetSigMask: bind('int posix_spawnattr_setsigmask(void *attributes, void *signals)'),
  setrlimit: bind('int setrlimit(int resource, void *limits)'),
  pidfdOpen: bind('long syscall(long number, int pid, uint flags)'),
  pidfdGetfd: bind('long syscall(long number, int pidfd, int fd, uint flags)'),
  pidfdSendSignal: bind('long syscall(long number, int fd, int signal, void *info, uint flags)'),
  mallocTrim: bind('int malloc_trim(ulong pad)'),
  moveMount: bind('long syscall(long number, long from, str fromPath, long to, str toPath, uint flags)'),
};

/** Numbers that every architecture since 2019 shares (asm-generic/unistd.h). */
export const callNumbers = {
  pidfdSendSignal: 424,
  openTree: 428,
  moveMount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  pidfdOpen: 434,
  closeRange: 436,
  openat2: 437,
  pidfdGetfd: 438,
  mountSetattr: 442,
} as const;
