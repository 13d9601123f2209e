// Opens a host's API to the other hosts on its link, in the ways that it was made with: a listener of the engine's own for TLS, and the
// workspace's sshd.

import { type AccessRecord, newAccess, waysOf } from '../access/access-record.ts';
import type { ApiWay } from '../client.ts';
import { EngineError } from '../errors.ts';
import { sshdStartMs } from '../limits.ts';
import { writeAccessFiles, writeAccessFilesOf } from './access-files.ts';
import type { Host } from './host.ts';
import type { HostRecord } from './host-record.ts';
import { hubEnv } from './hub-account.ts';
import { hostsOn } from './link.ts';
import { runCommand } from './run-command.ts';
import { listenTls } from './tls-listener.ts';

/** New secrets for `ways` to a host with this record; null where there are no ways. Throws invalid where it has no link. */
export async function accessFor({ hostname, link }: HostRecord, ways: readonly ApiWay[]): Promise<AccessRecord | null> {
  if (ways.length === 0) return null;
  if (!link)
    throw new EngineError('invalid', 'only the hosts on its link reach a host’s API: give the host a link too');
  return await newAccess(ways, hostname, link.address);
}

/** For a host that begins anew: the old keys to it are worth nothing from then on. */
export async function renewedAccess({ access, record }: Host): Promise<AccessRecord | null> {
  return access && (await accessFor(record, waysOf(access)));
}

/** Gives the host the keys to the others on its link, and those the keys to it. Its workspace has just been started. */
export function exchangeKeys(host: Host): void {
  const { link } = host.record;
  writeAccessFiles(host);
  if (host.access && link) writeAccessFilesOf(hostsOn(host.engine, link.name).filter((other) => other !== host));
}

/** Listens for clients with TLS. The host's workspace runs, and its sockets are open. Throws SystemCallError where the port is taken. */
export async function listenForTls(host: Host): Promise<void> {
  const { access, sockets, record } = host;
  if (access?.tls && sockets) sockets.own(await listenTls(host, record.pid, access.tls, sockets.serve));
}

/**
 * Starts the workspace's sshd, which stays until the host ends. Whoever logs in by it finds the lab's namespace on the hub, as in
 * a terminal: sshd hands its own variables to nobody. Throws unavailable where a host that is being created has none.
 */
export async function startSshd(host: Host): Promise<void> {
  if (!host.access?.ssh) return;
  const argv = ['/usr/sbin/sshd', ...hubEnv(host).flatMap((variable) => ['-o', `SetEnv=${variable}`])];
  const why = await runCommand(host, { argv, user: 'root', cwd: '/', timeoutMs: sshdStartMs }).then(
    ({ exitCode, stderr }) => (exitCode === 0 ? null : stderr.trim().slice(-500)),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (why === null) return;
  if (host.record.phase === 'creating') throw new EngineError('unavailable', `sshd does not start: ${why}`);
  // The student may have broken it: the rest of the host can be used all the same.
  host.engine.log.warn({ host: host.name, why }, 'sshd does not start');
}
