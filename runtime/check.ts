// Whether what the engine remembers and what the kernel and the disk hold agree.

import fs from 'node:fs';
import type { CheckReport } from './client.ts';
import type { Engine } from './engine.ts';
import { knownLinks } from './hosts/adopt-networks.ts';
import type { Host } from './hosts/host.ts';
import { workspaceGroupName } from './hosts/workspace.ts';
import { groupsIn, isMonitors, processesIn } from './kernel/cgroups.ts';
import { isAlive } from './kernel/processes.ts';
import { linksOf } from './networks/bridge.ts';
import { bridgesOf } from './networks/network.ts';

/** Of the bridges alone: the links of containers come and go while one looks. */
function findingsOfNetworks(host: Host): string[] {
  const { pid, startTicks } = host.record;
  if (!isAlive(pid, startTicks)) return [];
  const links = linksOf(pid).filter((link) => !link.startsWith('veth'));
  const known = knownLinks(host);
  return [
    ...bridgesOf(host.networks)
      .filter(({ link }) => !links.includes(link))
      .map(({ network, link }) => `network ${network} of host ${host.name} has no bridge ${link}`),
    ...links
      .filter((link) => !known.has(link))
      .map((link) => `host ${host.name} has a link ${link} that belongs to no network`),
  ];
}

/** Changes nothing. Each finding is a sentence: what disagrees, and where. */
export async function checkEngine(engine: Engine): Promise<CheckReport> {
  const findings: string[] = [...engine.records.refusals(), ...engine.images.check(), ...engine.hub.check()];
  const known = new Map([...engine.hosts.values()].map((host) => [host.id, host]));
  const subvolumes = new Set([...known.values()].map((host) => host.record.subvolume));
  for (const name of fs.readdirSync(engine.paths.hosts)) {
    if (!subvolumes.has(name)) findings.push(`the store has a directory hosts/${name} that belongs to no host`);
  }
  for (const id of fs.readdirSync(engine.paths.snapshots)) {
    const kept = [...(known.get(id)?.snapshots.values() ?? [])].map(({ subvolume }) => subvolume);
    for (const name of fs.readdirSync(`${engine.paths.snapshots}/${id}`)) {
      if (!kept.includes(name)) findings.push(`the store has a directory snapshots/${id}/${name} that is no snapshot`);
    }
  }
  for (const id of groupsIn(engine.group)) {
    if (!known.has(id)) findings.push(`the cgroup ${engine.group}/${id} belongs to no host`);
  }
  for (const host of known.values()) {
    for (const { id, subvolume } of host.snapshots.values()) {
      if (!fs.existsSync(`${host.snapshotsDirectory}/${subvolume}`))
        findings.push(`snapshot ${id} of host ${host.name} has no directory`);
    }
    if (!fs.existsSync(host.directory)) findings.push(`host ${host.name} has no directory ${host.directory}`);
    const { pid, startTicks } = host.record;
    if (pid > 0 && !isAlive(pid, startTicks))
      findings.push(`host ${host.name} is said to run, but process ${pid} is gone`);
    findings.push(...findingsOfNetworks(host));
    for (const name of groupsIn(host.group)) {
      if (name !== workspaceGroupName && !isMonitors(name) && !host.containers.has(name))
        findings.push(`the cgroup ${host.group}/${name} belongs to no container of host ${host.name}`);
    }
    for (const { name } of host.volumes.all()) {
      if (!fs.existsSync(`${host.volumes.directory}/${name}/_data`))
        findings.push(`volume ${name} of host ${host.name} has no directory`);
    }
    for (const container of host.containers.values()) {
      const where = `container ${container.name} of host ${host.name}`;
      if (!fs.existsSync(container.directory)) findings.push(`${where} has no directory`);
      const alive = isAlive(container.state.machinePid, container.state.startTicks);
      if (container.running && !alive) findings.push(`${where} is said to run, but its process is gone`);
      if (!container.running && processesIn(container.group, true).length > 0) {
        findings.push(`${where} is said to be ${container.state.status}, but has processes`);
      }
    }
  }
  return { ok: findings.length === 0, findings };
}
