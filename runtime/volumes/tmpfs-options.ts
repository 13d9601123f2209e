// Options of a tmpfs, as mount(8) has them.

/** That the kernel takes for each mount: `ro`, `noexec`. */
const flags = new Set(
  'rw ro suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime nodiratime relatime norelatime strictatime nostrictatime'.split(
    ' ',
  ),
);

const value = /^(size=\d{1,15}[kmg%]?|mode=[0-7]{1,4}|(uid|gid)=\d{1,10}|nr_(inodes|blocks)=\d{1,12}[kmg]?)$/i;

export function isTmpfsFlag(option: string): boolean {
  return flags.has(option);
}

/** Whether a tmpfs can be mounted with it. */
export function isTmpfsOption(option: string): boolean {
  return flags.has(option) || value.test(option);
}
