// Putting an engine together: its directories, its store, its records, and the hosts that an earlier run left.

import fs from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import { serveDocker } from './api/server.ts';
import { Catalogue } from './catalogue/catalogue.ts';
import { keepData, lockData } from './data-lock.ts';
import { Egress } from './egress/egress.ts';
import type { Engine } from './engine.ts';
import type { EnginePaths } from './engine-paths.ts';
import { EngineError } from './errors.ts';
import { adoptHosts } from './hosts/adopt.ts';
import { dialLab } from './hosts/dial-lab.ts';
import { prepareEgress } from './hosts/open-egress.ts';
import { returnHosts } from './hosts/return.ts';
import { dropStaleClaims } from './hosts/uids.ts';
import { shownHosts } from './hosts/workshop-name.ts';
import { Hub } from './hub/hub.ts';
import { createImageStore } from './images/image-store.ts';
import { blockDeviceOf, enableQuotas, isBtrfs, makeFileSystem, mountFileSystem } from './kernel/btrfs.ts';
import { prepareCgroups } from './kernel/cgroups.ts';
import { mountNodes, restoreMachineNodes } from './kernel/devices.ts';
import { freeBytesOf } from './kernel/free-space.ts';
import { raiseLockedMemory } from './kernel/hard-limits.ts';
import { mountReadOnly } from './kernel/mounts.ts';
import { raiseTables } from './kernel/tables.ts';
import { terminalsAreReserved } from './kernel/terminals.ts';
import { maxArchives, maxArchivesPerHost, maxStarts, maxStartsPerHost } from './limits.ts';
import { Turns } from './loop/turns.ts';
import { LoopWatch } from './loop/watch.ts';
import { openRecords } from './open-records.ts';
import { ExitWatch } from './processes/exits.ts';
import { stageIn } from './processes/rootfs.ts';
import type { EngineSettings } from './settings.ts';
import { Turnstile } from './turnstile.ts';
import { HostWorkshop } from './workshop/workshop.ts';

export const engineVersion = '0.1.0';

function pathsOf(settings: EngineSettings): EnginePaths {
  const { dataDirectory: data, runDirectory: run } = settings;
  const store = `${data}/store`;
  return {
    data,
    run,
    store,
    hosts: `${store}/hosts`,
    snapshots: `${store}/snapshots`,
    links: `${run}/networks`, // the name that it has in a directory of an older engine, which may have pins there
    copying: `${run}/copying.lock`,
    exits: `${run}/exits`,
  };
}

/** The first of `names` that is installed. Throws unavailable. */
function programNamed(names: readonly string[], what: string): string {
  for (const name of names) {
    for (const directory of ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']) {
      const file = path.resolve(directory, name);
      if (fs.existsSync(file)) return file;
    }
  }
  throw new EngineError(
    'unavailable',
    `${what} is not installed: none of ${names.join(', ')} was found; install it and start again`,
  );
}

/**
 * Shows the OCI runtime in `directory`, where nobody can write to it (CVE-2019-5736). crun accepts that; from a place that can
 * be written to it makes itself such a copy and starts a second time, at every call.
 */
function unchangeable(program: string, directory: string): string {
  const shown = path.join(directory, path.basename(program));
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!fs.existsSync(shown)) fs.writeFileSync(shown, '', { mode: 0o700 }); // else an engine before this one showed it already
  const [there, wanted] = [fs.statSync(shown), fs.statSync(program)];
  if (there.dev !== wanted.dev || there.ino !== wanted.ino) mountReadOnly(program, shown);
  return shown;
}

async function openStore(settings: EngineSettings, paths: EnginePaths): Promise<void> {
  fs.chmodSync(paths.data, 0o711); // the server's own directory is in it too
  const already = fs.existsSync(paths.store) && (await isBtrfs(paths.store));
  if (!already && !(await isBtrfs(paths.data))) {
    const image = `${paths.data}/store.img`;
    if (!fs.existsSync(image)) {
      await makeFileSystem(`${image}.new`, settings.storeBytes);
      fs.renameSync(`${image}.new`, image);
    }
    await mountFileSystem(image, paths.store);
  }
  fs.chmodSync(paths.store, 0o700); // what students own in it would be theirs outside too (CVE-2024-25621)
  for (const directory of [paths.hosts, paths.snapshots]) fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  await enableQuotas(paths.store);
}

/** Opens the engine; when this resolves every host that still ran is taken up. Nothing listens yet but the hosts' sockets. */
export async function openEngine(settings: EngineSettings, log: Logger): Promise<Engine> {
  const paths = pathsOf(settings);
  fs.mkdirSync(paths.data, { recursive: true });
  const before = lockData(settings);
  const stage = stageIn(paths.run);
  fs.mkdirSync(paths.run, { recursive: true });
  fs.chmodSync(paths.run, 0o711);
  for (const directory of Object.values(stage)) fs.mkdirSync(directory, { recursive: true, mode: 0o711 });
  for (const directory of [paths.exits, paths.links, `${paths.run}/oci`])
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  fs.mkdirSync(`${paths.run}/hosts`, { recursive: true, mode: 0o711 });
  await openStore(settings, paths);
  prepareCgroups();
  raiseLockedMemory();
  for (const { setting, what } of raiseTables()) {
    log.warn(
      { setting },
      `a table of the kernel is small and cannot be raised: one student may leave others without ${what}`,
    );
  }
  if (!terminalsAreReserved)
    log.warn('the machine’s first mount namespace cannot be entered: one student may leave others without terminals');
  const nodes = `${paths.run}/nodes`;
  fs.mkdirSync(nodes, { recursive: true });
  mountNodes(nodes);
  const restored = restoreMachineNodes();
  if (restored.length > 0)
    log.warn({ restored }, 'device nodes of the machine had been changed; they are its root’s again');
  const records = openRecords(`${paths.data}/engine.db`, log);
  keepData(before, settings, records);
  const { cacheDirectory, recipesDirectories, mirrors, dockerConfig } = settings;
  const registries = { mirrors, dockerConfig };
  const scratchDirectory = `${paths.store}/scratch`;
  const catalogue = await Catalogue.open({ cacheDirectory, recipesDirectories, registries, scratchDirectory, log });
  const hub = await Hub.open({
    ...{ dataDirectory: paths.data, storeDirectory: paths.store, catalogue, log },
    pullLimits: { nobody: settings.hubPulls, account: settings.hubPulls },
    webhookPlaces: settings.hubWebhooks,
    mirrors: settings.mirrors,
    mirrorBytes: settings.mirrorBytes,
    dialLab: (account, hostname, port, signal) => dialLab(engine, account, hostname, port, signal),
    listDirectories: [`${paths.data}/debian-lists`, `${settings.cacheDirectory}/debian-lists`, '/var/lib/apt/lists'],
    feedPath: settings.vulnerabilities,
  });
  const near = { registry: hub.near, blobs: hub.blobs };
  const images = createImageStore({ storeDirectory: paths.store, records, catalogue, log, near });
  const startedAt = new Date().toISOString();
  const loop = new LoopWatch();
  const engine: Engine = {
    version: engineVersion,
    startedAt,
    settings,
    paths,
    records,
    images,
    catalogue,
    hub,
    startCatalogue: () =>
      catalogue.start(settings.catalogue, new HostWorkshop(engine, registries), engine.ending.signal),
    egress: new Egress(settings.egress, log),
    hosts: new Map(),
    log,
    exits: new ExitWatch(paths.exits),
    tools: {
      conmon: programNamed(['conmon'], 'conmon'),
      runtime: unchangeable(
        settings.ociRuntime ?? programNamed(['crun', 'runc'], 'an OCI runtime'),
        `${paths.run}/runtime`,
      ),
      choom: programNamed(['choom'], 'choom (package util-linux)'),
      stateDirectory: `${paths.run}/oci`,
      nodes,
    },
    stage,
    serveDocker,
    turns: new Turns(loop),
    starts: new Turnstile({ perKey: maxStartsPerHost, inAll: maxStarts }),
    // One of each host always goes: a client that does not read its archive keeps nobody else's waiting.
    archives: new Turnstile({ perKey: maxArchivesPerHost, inAll: maxArchives, atLeast: 1 }),
    loop,
    storeDevice: blockDeviceOf(paths.store),
    ending: new AbortController(),
    ended: Promise.withResolvers(),
    group: `drydock/${settings.instance}`,
    status: () => ({
      version: engineVersion,
      pid: process.pid,
      instance: settings.instance,
      startedAt,
      hosts: shownHosts(engine.hosts).length,
      maxHosts: settings.uidRanges,
      catalogue: catalogue.status(),
      ready: catalogue.minimal && images.prepared,
      storeFreeBytes: Math.min(freeBytesOf(paths.store), freeBytesOf(settings.dataDirectory)),
      loop: loop.report(0),
    }),
  };
  dropStaleClaims();
  await prepareEgress(engine);
  await adoptHosts(engine);
  images.sweepUnused();
  returnHosts(engine);
  hub.lookIntoImages((diffId, digest) => images.unpackedLayer(diffId, digest));
  hub.webhooks.start();
  return engine;
}
