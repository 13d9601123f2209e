// Whether the kernel can do with files what the engine does: btrfs on a loop device, layers shared through an idmapped
// mount, an overlay on top. Tried for real, small, in memory, in a mount namespace of its own that takes everything away again.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { tryProgram } from '../run-program.ts';
import { type Finding, good, lacking } from './finding.ts';

/**
 * Perl is on every Debian, and can make system calls that util-linux before 2.39 has no option for: open_tree (428),
 * mount_setattr (442) with MOUNT_ATTR_IDMAP, move_mount (429). The numbers are the same on x86-64 and arm64.
 */
const mountIdmapped = `
my ($from, $namespace, $to) = @ARGV; my $empty = "";
open(my $users, "<", $namespace) or die "open $namespace: $!\\n";
my $tree = syscall(428, -100, $from, 02000001); $tree >= 0 or die "open_tree: $!\\n";
my $attributes = pack("QQQQ", 0x100000, 0, 0, fileno($users));
syscall(442, $tree, $empty, 0x1000, $attributes, 32) == 0 or die "mount_setattr: $!\\n";
syscall(429, $tree, $empty, -100, $to, 4) == 0 or die "move_mount: $!\\n";`;

/** Names each step before it is tried, so that the last name is the one that failed. $1: a folder, $2: a user namespace. */
const tryAll = `
set -e
mount -t tmpfs tmpfs "$1"
cd "$1"
mkdir store lower merged
echo btrfs
truncate -s 256M image
mkfs.btrfs -q image
echo loop
mount -t btrfs -o loop image store
mkdir store/layer store/upper store/work
echo idmap
perl -e "$3" "$1/store/layer" "$2" "$1/lower"
echo overlay
mount -t overlay -o "lowerdir=$1/lower,upperdir=$1/store/upper,workdir=$1/store/work" overlay merged
echo done`;

const steps = [
  {
    step: 'btrfs',
    name: 'btrfs',
    advice: "Students' files are kept on btrfs. Install btrfs-progs.",
  },
  {
    step: 'loop',
    name: 'btrfs on a loop device',
    advice:
      'The store is a btrfs file system in a file. Load the modules: modprobe btrfs loop. In a container, give it /dev/loop-control and the loop devices.',
  },
  {
    step: 'idmap',
    name: 'idmapped mounts',
    advice: "Every student's host shares the images through one. Boot a kernel from 5.19 on.",
  },
  {
    step: 'overlay',
    name: 'overlay',
    advice:
      'Containers are overlays on the images. Load the module: modprobe overlay. It takes idmapped layers from Linux 5.19 on.',
  },
] as const;

/** One finding for each step that was tried; those after a step that failed are not known. */
export async function examineStorage(): Promise<Finding[]> {
  // Modules load by themselves on most machines; where they are built in or there is no modprobe, this does nothing.
  await Promise.all(['btrfs', 'overlay', 'loop'].map((name) => tryProgram('modprobe', ['-q', name])));
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drydock-doctor-'));
  // Says that it is in its user namespace, and holds that until its input ends.
  const holder = spawn('unshare', ['--user', '--map-root-user', 'sh', '-c', 'echo here; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  holder.on('error', () => {}); // then the step that needs it says so
  try {
    await new Promise((resolve) => holder.stdout.once('data', resolve).once('close', resolve));
    const { stdout, stderr } = await tryProgram('unshare', [
      ...['--mount', '--propagation', 'private', 'sh', '-c', tryAll, 'sh'],
      ...[folder, `/proc/${holder.pid}/ns/user`, mountIdmapped],
    ]);
    const reached = stdout.trim().split('\n').at(-1) ?? '';
    const failedAt = steps.findIndex(({ step }) => step === reached);
    return steps.slice(0, failedAt < 0 ? steps.length : failedAt + 1).map(({ name, advice }, index) => {
      if (index !== failedAt) return good(name, 'tried, works');
      return lacking(name, stderr.trim().split('\n').at(-1) || 'does not work', advice);
    });
  } finally {
    holder.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}
