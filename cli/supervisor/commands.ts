// How the engine and the server are started: their argument vectors and environments.

import path from 'node:path';
import { imageFolders } from '../image-folders.ts';
import {
  cloneFolder,
  compiledFolder,
  contentFolder,
  engineSocket,
  nodeProgram,
  operatorSocket,
  serverFolder,
} from '../paths.ts';
import type { Settings } from '../settings.ts';
import { appFolder, namespaceFile } from './run-directory.ts';
import type { ServerUser } from './server-user.ts';

type Argv = [string, ...string[]];

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * What of the operator's environment the engine keeps: how mmdebstrap's apt reaches the package mirror, and the time zone. Its
 * code is kept compiled as the server's is.
 */
export function engineEnvironment(settings: Settings, from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(from).filter(([name]) =>
    /^(https?|ftp|no|all)_proxy$|^SSL_CERT_(FILE|DIR)$|^TZ$/i.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    PATH: systemPath,
    LANG: 'C.UTF-8',
    NODE_COMPILE_CACHE: compiledFolder(settings.data),
  };
}

/** In the pinned mount namespace. The flags are those of runtime/main.ts. */
export function engineCommand(settings: Settings, user: ServerUser, storeBytes: number): Argv {
  return [
    ...(['nsenter', `--mount=${namespaceFile(settings.run)}`, '--'] as const),
    path.join(cloneFolder, nodeProgram),
    path.join(cloneFolder, 'runtime/main.ts'),
    ...['--instance', settings.instance],
    ...['--data', settings.data],
    ...['--run', settings.run],
    ...['--cache', settings.cache],
    ...imageFolders(settings).flatMap((folder) => ['--recipes', folder]),
    ...['--socket-owner', `${user.uid}:${user.gid}`],
    ...['--uid-base', String(settings.uidBase)],
    ...['--uid-ranges', String(settings.uidRanges)],
    ...['--store-bytes', String(storeBytes)],
    ...['--host-memory-bytes', String(settings.hostMemory)],
    ...['--host-cpus', String(settings.hostCpus)],
    ...['--host-pids', String(settings.hostPids)],
    ...['--host-disk-bytes', String(settings.hostDisk)],
    ...(settings.ociRuntime === null ? [] : ['--oci-runtime', settings.ociRuntime]),
    ...['--egress-allow', settings.egress.join(',')],
    ...(settings.egressNetwork === null ? [] : ['--egress-network', `/run/netns/${settings.egressNetwork}`]),
    ...['--hub-pulls', settings.hubPulls],
    ...['--upstream', settings.upstream],
    ...(settings.mirrors === null ? [] : ['--mirrors', settings.mirrors]),
    ...(settings.dockerConfig === null ? [] : ['--docker-config', settings.dockerConfig]),
    ...['--mirror-bytes', String(settings.mirrorBytes)],
    ...['--hub-webhooks', settings.hubWebhooks.join(',')],
    ...(settings.vulnerabilities === null ? [] : ['--vulnerabilities', settings.vulnerabilities]),
    ...['--catalogue', settings.catalogue],
  ];
}

/** Binds the clone, $1, at $2, read-only, and runs the rest. */
const showClone = 'mount --rbind "$1" "$2" && mount -o remount,bind,ro,nosuid,nodev "$2" && shift 2 && exec "$@"';

/**
 * The same for a clone whose files others may not read (umask 077): an overlay whose upper layer, in memory, holds nothing
 * but other modes. `.git` stays as it is: the server has no business there.
 */
const showPrivateClone = `
set -e
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs "$2"
mkdir "$2/lower" "$2/upper" "$2/work" "$2/app"
mount --rbind "$1" "$2/lower"
mount -t overlay -o "lowerdir=$2/lower,upperdir=$2/upper,workdir=$2/work,metacopy=on" overlay "$2/app"
find "$2/app" -path "$2/app/.git" -prune -o ! -type l ! -perm -o=r -exec chmod o+rX {} +
chmod o+rx "$2/app"
mount --move "$2/app" "$2"
mount -o remount,bind,ro,nosuid,nodev "$2"
shift 2
exec "$@"`;

/**
 * In a mount namespace of its own, which goes with it, and without any capability, for good. setpriv(1)'s
 * `--no-new-privs` keeps setuid programs from giving any back.
 */
export function serverCommand(settings: Settings, user: ServerUser, capacity: number, clonePrivate: boolean): Argv {
  const app = appFolder(settings.run);
  const content = path.join(contentFolder(settings.data), 'current');
  return [
    ...(['unshare', '--mount', '--propagation', 'slave', '--'] as const),
    ...['sh', '-c', clonePrivate ? showPrivateClone : showClone, 'sh', cloneFolder, app],
    ...['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'],
    ...['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'],
    path.join(app, nodeProgram),
    path.join(app, 'sandbox-server/main.ts'),
    ...['--engine', engineSocket(settings.run)],
    ...['--operator-socket', operatorSocket(settings.run)],
    ...['--data', serverFolder(settings.data)],
    ...['--site', path.join(content, 'site'), '--lessons', path.join(content, 'lessons')],
    ...['--listen', settings.listen],
    ...['--port', String(settings.port)],
    ...['--origin', settings.origin],
    ...(settings.previewOrigin === null ? [] : ['--preview-origin', settings.previewOrigin]),
    ...['--capacity', String(capacity)],
    ...(settings.addressLabs === null ? [] : ['--address-labs', String(settings.addressLabs)]),
    ...['--yield-seconds', String(settings.yieldSeconds)],
    ...['--freeze-minutes', String(settings.freezeMinutes)],
    ...['--idle-minutes', String(settings.idleMinutes)],
    ...['--keep-days', String(settings.keepDays)],
    ...settings.trustedProxy.flatMap((each) => ['--trusted-proxy', each]),
  ];
}

/** With its code kept compiled from the second start on: it is ready sooner, and 28 MB smaller without the type stripper. */
export function serverEnvironment(settings: Settings): NodeJS.ProcessEnv {
  const compiled = path.join(serverFolder(settings.data), 'compiled');
  return {
    PATH: systemPath,
    LANG: 'C.UTF-8',
    NODE_ENV: 'production',
    NODE_COMPILE_CACHE: compiled,
    // By where files are from there: the server's stand below the run directory.
    NODE_COMPILE_CACHE_PORTABLE: '1',
    // Not among the arguments, which every user of the machine can see.
    ...(settings.invite === null ? {} : { DRYDOCK_INVITE: settings.invite }),
    ...(settings.metricsToken === null ? {} : { DRYDOCK_METRICS_TOKEN: settings.metricsToken }),
  };
}
