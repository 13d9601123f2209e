// The system call filter of every container: moby's default profile, as an OCI seccomp configuration.
// What a capability unlocks there it unlocks here; anything not named is answered with EPERM.

export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_LT' | 'SCMP_CMP_GT' | 'SCMP_CMP_MASKED_EQ';
}
interface SeccompRule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
}
export interface Seccomp {
  readonly defaultAction: 'SCMP_ACT_ERRNO';
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

const EPERM = 1;
const EACCES = 13;
const ENOSYS = 38;
/** CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET */
const cloneNamespaces = 0x7e020000;

/** Calls that any container may make. */
const always = `
  _llseek _newselect accept accept4 access adjtimex alarm arch_prctl bind brk cachestat capget capset chdir chmod
  chown chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
  clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 epoll_create
  epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve
  execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod
  fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr
  fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64
  futex_wait futex_waitv futex_wake futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64
  getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp
  getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsid
  getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init
  inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup
  io_submit ioprio_get ioprio_set ipc kcmp kill landlock_add_rule landlock_create_ruleset
  landlock_restrict_self lchown lchown32 lgetxattr link linkat listen listmount listxattr listxattrat llistxattr
  lremovexattr lseek lsetxattr lsm_get_self_attr lsm_list_modules lsm_set_self_attr lstat lstat64 madvise
  map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall
  mmap mmap2 modify_ldt mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend
  mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap
  name_to_handle_at nanosleep newfstatat open openat openat2 pause pidfd_getfd pidfd_open pidfd_send_signal pipe
  pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64
  process_madvise process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace pwrite64
  pwritev pwritev2 read readahead readdir readlink readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg
  remap_file_pages removexattr removexattrat rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction
  rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
  rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
  sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr
  sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64 send
  sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid setfsgid32
  setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid setregid32
  setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32
  setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaction sigaltstack signal signalfd signalfd4 sigpending
  sigprocmask sigreturn sigsuspend splice stat stat64 statfs statfs64 statmount statx symlink symlinkat
  sync sync_file_range syncfs syscall sysinfo tee tgkill time timer_create timer_delete timer_getoverrun
  timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd timerfd_create timerfd_gettime
  timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink
  unlinkat utime utimensat utimensat_time64 utimes vfork wait4 waitid waitpid write writev
`
  .trim()
  .split(/\s+/);

/**
 * What each capability unlocks. moby has open_by_handle_at with CAP_DAC_READ_SEARCH too, by which files were read beyond a container;
 * since Linux 6.11 root of a user namespace can do something with it. And syslog with CAP_SYS_ADMIN and CAP_SYSLOG, which reads
 * the log of the machine's kernel, and the calls that set the machine's clock with CAP_SYS_TIME. They stay shut.
 */
const withCapability: Readonly<Record<string, readonly string[]>> = {
  // moby has bpf and perf_event_open here too. In a user namespace they are what the kernel gives to anyone: attack surface
  // and no use.
  CAP_SYS_ADMIN: (
    'clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount open_tree ' +
    'pivot_root quotactl quotactl_fd setdomainname sethostname setns umount umount2 unshare'
  ).split(' '),
  CAP_SYS_BOOT: ['reboot'],
  CAP_SYS_CHROOT: ['chroot'],
  CAP_SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node migrate_pages move_pages'.split(' '),
  CAP_SYS_PACCT: ['acct'],
  CAP_SYS_TTY_CONFIG: ['vhangup'],
};

const allow = (names: readonly string[], ...args: SeccompArgument[]): SeccompRule => ({
  names,
  action: 'SCMP_ACT_ALLOW',
  ...(args.length > 0 ? { args } : {}),
});

/** personality(2): Linux, with or without UNAME26 and 32-bit addresses, and asking what it is. */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

const equals = (index: number, value: number): SeccompArgument => ({ index, value, op: 'SCMP_CMP_EQ' });
const masked = (index: number, mask: number, value: number): SeccompArgument => ({
  index,
  value: mask,
  valueTwo: value,
  op: 'SCMP_CMP_MASKED_EQ',
});

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
/** Of the second argument: the type, below SOCK_NONBLOCK and SOCK_CLOEXEC. */
const socketTypeMask = 0xf;
/** SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET. Not SOCK_PACKET (10), by which AF_INET becomes AF_PACKET. */
const socketTypes = [1, 2, 3, 5];
/** NETLINK_ROUTE (`ip`), NETLINK_SOCK_DIAG (`ss`), NETLINK_AUDIT (`useradd` stops without), KOBJECT_UEVENT, GENERIC. */
const netlinkProtocols = [0, 4, 9, 15, 16];
/** The numbers that socketcall(2) has for socket(2) and socketpair(2). */
const SYS_SOCKET = 1;
const SYS_SOCKETPAIR = 8;

/**
 * The sockets that a process may open. moby refuses AF_ALG and AF_VSOCK alone, which lead out of every network namespace; a
 * lesson needs only those that are named here, and each other kind is code of the machine's kernel that a student could reach:
 * - AF_PACKET (tcpdump, arping) sends frames in any name: they fill the tables of neighbours, which all hosts share. Its rings
 *   are memory of the kernel that no cgroup counts.
 * - NETLINK_XFRM, AF_KEY and NETLINK_NETFILTER do nothing without CAP_NET_ADMIN, which no process of a host has.
 *
 * Every domain is compared whole: seccomp sees 64 bits, the kernel takes the lower 32, so "all but 38" lets 2^32 + 38 pass.
 */
const sockets: readonly SeccompRule[] = [
  // A 32-bit program may ask by socketcall(2), whose arguments are in memory, where no filter looks. libseccomp makes each rule
  // for `socket` one for this call too. These two come before and are shorter, so they count, as long as each rule below compares
  // two arguments. 32-bit programs have socket(2) itself.
  ...[SYS_SOCKET, SYS_SOCKETPAIR].map(
    (call): SeccompRule => ({
      names: ['socketcall'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EACCES,
      args: [equals(0, call)],
    }),
  ),
  ...socketTypes.map((type) => allow(['socketpair'], equals(0, AF_UNIX), masked(1, socketTypeMask, type))),
  ...[AF_UNIX, AF_INET, AF_INET6].flatMap((domain) =>
    socketTypes.map((type) => allow(['socket'], equals(0, domain), masked(1, socketTypeMask, type))),
  ),
  ...netlinkProtocols.map((protocol) => allow(['socket'], equals(0, AF_NETLINK), equals(2, protocol))),
];

/** Of an ioctl's number, linux/ioctl.h: the letter of who has it, and which of theirs it is. */
const ioctlLetterBits = [8, 9, 10, 11, 12, 13, 14, 15];
const ioctlLetterAndNumber = 0xffff;
/** btrfs's letter. FICLONE, FICLONERANGE, FIDEDUPERANGE and FS_IOC_GETFSLABEL have it too, and are everybody's. */
const btrfsLetter = 0x94;
const notOfBtrfsAlone = [0x9409, 0x940d, 0x9436, 0x9431];

/**
 * ioctl(2), but for btrfs's own, which a student could call on a volume: any user may make a subvolume in a directory of theirs. No quota
 * of the host would count it, no snapshot would have it, and the host could not be removed while it is there. The filter knows no
 * "unequal", so: what differs from that letter in one bit or another.
 */
const ioctls: readonly SeccompRule[] = [
  ...ioctlLetterBits.map((bit) => allow(['ioctl'], masked(1, 1 << bit, ~(btrfsLetter << 8) & (1 << bit)))),
  ...notOfBtrfsAlone.map((number) => allow(['ioctl'], masked(1, ioctlLetterAndNumber, number))),
];

/** The profile for a process that may use `capabilities`. The same list gives the same bytes, so that a runtime can cache it. */
export function seccompFor(capabilities: readonly string[]): Seccomp {
  const granted = new Set(capabilities);
  const unlocked = Object.entries(withCapability).flatMap(([name, calls]) => (granted.has(name) ? calls : []));
  const withoutAdmin: SeccompRule[] = granted.has('CAP_SYS_ADMIN')
    ? []
    : [
        allow(['clone'], masked(0, cloneNamespaces, 0)),
        // Its flags are behind a pointer; ENOSYS makes the C library fall back to clone.
        { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
      ];
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: EPERM,
    architectures:
      process.arch === 'arm64' ? ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'] : ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls: [
      ...sockets,
      ...ioctls,
      allow([...always, ...unlocked]),
      ...personalities.map((value) => allow(['personality'], equals(0, value))),
      ...withoutAdmin,
    ],
  };
}
