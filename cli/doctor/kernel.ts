// What of the kernel Drydock needs besides files: its version, namespaces, seccomp, packet filter, process numbers.

import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { tryProgram } from '../run-program.ts';
import { type Finding, good, lacking, poor } from './finding.ts';

/** overlayfs takes idmapped layers from 5.19 on. */
const leastKernel = [5, 19] as const;
/** 64 processes a student on average, for 500 students. */
const leastPidMax = 32_768;

function examineVersion(): Finding {
  const release = os.release();
  const [major = 0, minor = 0] = release.split('.').map(Number);
  const enough = major > leastKernel[0] || (major === leastKernel[0] && minor >= leastKernel[1]);
  if (enough) return good('kernel', `Linux ${release}`);
  return lacking(
    'kernel',
    `Linux ${release}`,
    `Drydock needs ${leastKernel.join('.')} or later. Debian 12 and Ubuntu 24.04 have it.`,
  );
}

async function examineNamespaces(): Promise<Finding> {
  const kinds = ['--user', '--map-root-user', '--mount', '--pid', '--net', '--ipc', '--uts', '--cgroup', '--fork'];
  const { exitCode, stderr } = await tryProgram('unshare', [...kinds, 'true']);
  if (exitCode === 0) return good('namespaces', 'user, mount, pid, net, ipc, uts, cgroup: tried, work');
  return lacking(
    'namespaces',
    stderr.trim(),
    'A host is made of them. Allow user namespaces (sysctl user.max_user_namespaces=65536); in a container, run it with all capabilities.',
  );
}

function examineSeccomp(): Finding {
  if (existsSync('/proc/sys/kernel/seccomp/actions_avail')) return good('seccomp', 'filters work');
  return lacking(
    'seccomp',
    'not in this kernel',
    "Containers' system calls are filtered by it. Boot a kernel with CONFIG_SECCOMP_FILTER.",
  );
}

async function examinePacketFilter(): Promise<Finding> {
  const rules = 'add table ip drydock\nadd chain ip drydock nat { type nat hook prerouting priority -100; }\n';
  const { exitCode, stderr } = await tryProgram('unshare', ['--net', 'nft', '-f', '-'], rules);
  if (exitCode === 0) return good('packet filter', 'nft: tried, works');
  const complaint = stderr.trim().split('\n')[0] ?? '';
  return lacking(
    'packet filter',
    complaint,
    'Published ports need it. Install nftables, and load the modules: modprobe nf_tables nft_chain_nat.',
  );
}

async function examineBridges(): Promise<Finding> {
  const { exitCode, stderr } = await tryProgram(
    'unshare',
    ['--net', 'ip', '-batch', '-'],
    'link add b0 type bridge\nlink add v0 type veth peer name v1\n',
  );
  if (exitCode === 0) return good('bridges', 'bridge and veth: tried, work');
  const complaint = stderr.trim().split('\n')[0] ?? '';
  return lacking(
    'bridges',
    complaint,
    "A host's containers are joined by one. Load the modules: modprobe bridge veth.",
  );
}

function examineProcessNumbers(): Finding {
  const most = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'));
  if (most > leastPidMax) return good('process numbers', `up to ${most}`);
  return poor(
    'process numbers',
    `up to ${most}`,
    `That is ${Math.floor(most / 64)} students with 64 processes each. More: sysctl kernel.pid_max=4194304`,
  );
}

function examineVirtualMachines(): Finding {
  if (existsSync('/dev/kvm')) return good('virtual machines', '/dev/kvm is there');
  return poor(
    'virtual machines',
    'no /dev/kvm',
    'Nothing that is here yet needs it; virtual machines will be emulated, and slow.',
  );
}

export async function examineKernel(): Promise<Finding[]> {
  return Promise.all([
    ...[examineVersion(), examineNamespaces(), examineSeccomp(), examinePacketFilter(), examineBridges()],
    ...[examineProcessNumbers(), examineVirtualMachines()],
  ]);
}
