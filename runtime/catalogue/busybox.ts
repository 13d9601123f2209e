// The root file system of `busybox`: the machine's own static binary, a name for each applet, and the few files they read.

import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { EngineError } from '../errors.ts';
import { askBusybox } from '../kernel/busybox.ts';

const candidates = ['/usr/bin/busybox', '/bin/busybox'];
/** ELF program header type of a dynamic loader's name (elf.h `PT_INTERP`). */
const ptInterp = 3;

/** As in Debian's base-passwd, as far as busybox' own applets name them. */
const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`;
const group = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
wheel:x:10:root
www-data:x:33:
users:x:100:
nogroup:x:65534:
`;

/** Fills the empty directory `root`. Returns the version, `1.35.0`. Throws unavailable where the machine has no static busybox. */
export function makeBusyboxRoot(root: string): string {
  const binary = candidates.find((path) => existsSync(path) && isStatic(readFileSync(path)));
  if (!binary) {
    throw new EngineError('unavailable', 'this machine has no static busybox: install the package busybox-static');
  }
  for (const [path, mode] of [
    ['bin', 0o755],
    ['dev', 0o755],
    ['etc', 0o755],
    ['home', 0o755],
    ['proc', 0o755],
    ['root', 0o700],
    ['sys', 0o755],
    ['tmp', 0o1777],
    ['usr', 0o755],
    ['usr/bin', 0o755],
    ['usr/sbin', 0o755],
    ['var', 0o755],
    ['var/spool', 0o755],
    ['var/www', 0o755],
  ] as const) {
    mkdirSync(`${root}/${path}`);
    chmodSync(`${root}/${path}`, mode);
  }
  copyFileSync(binary, `${root}/bin/busybox`);
  chmodSync(`${root}/bin/busybox`, 0o755);
  const { applets, version } = askBusybox(binary);
  for (const applet of applets) {
    if (/^[a-z0-9_.[-]+$/i.test(applet) && applet !== 'busybox') {
      linkSync(`${root}/bin/busybox`, `${root}/bin/${applet}`);
    }
  }
  writeFileSync(`${root}/etc/passwd`, passwd);
  writeFileSync(`${root}/etc/group`, group);
  writeFileSync(`${root}/etc/shadow`, 'root:*:::::::\n', { mode: 0o600 });
  return version;
}

/** Whether a 64-bit little-endian ELF file asks for no loader. */
function isStatic(elf: Buffer): boolean {
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46) return false;
  const table = Number(elf.readBigUInt64LE(32));
  const [size, count] = [elf.readUInt16LE(54), elf.readUInt16LE(56)];
  for (let i = 0; i < count; i++) if (elf.readUInt32LE(table + i * size) === ptInterp) return false;
  return true;
}
