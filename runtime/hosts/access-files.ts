// What a host finds below /run/docker-host of the keys to the other hosts on its link, and of its own sshd. On tmpfs, below a
// directory that no process of a host can write to; a snapshot has none of it.

import fs from 'node:fs';
import type { Host } from './host.ts';
import { hostsOn } from './link.ts';

/** Of the workspace images, users and their groups alike. */
const rootUid = 0;
const studentUid = 1000;

interface AccessFile {
  /** Below the host's guest directory. */
  readonly path: string;
  readonly content: string;
  /** Who alone reads it, as the host numbers them; null for root and the student. */
  readonly secretOf: number | null;
}

const open = (path: string, content: string): AccessFile => ({ path, content, secretOf: null });
const secret = (path: string, content: string, uid: number): AccessFile => ({ path, content, secretOf: uid });

/** The keys to another host. */
function keysTo({ access, record: { hostname } }: Host): AccessFile[] {
  const files: AccessFile[] = [];
  if (access?.tls) {
    const { ca, clientCert, clientKey } = access.tls;
    const folder = `certs/${hostname}`;
    files.push(open(`${folder}/ca.pem`, ca), open(`${folder}/cert.pem`, clientCert));
    files.push(secret(`${folder}/key.pem`, clientKey, studentUid));
  }
  if (access?.ssh) {
    const { privateKey, publicKey } = access.ssh.client;
    const path = `ssh/${hostname}/id_ed25519`;
    files.push(secret(path, privateKey, studentUid), open(`${path}.pub`, `${publicKey} to ${hostname}\n`));
  }
  return files;
}

/** By what a host on the link is known to ssh. */
function knownHost({ access, record: { hostname, link } }: Host): string {
  return access?.ssh ? `${hostname},${link?.address} ${access.ssh.host.publicKey}\n` : '';
}

function filesOf(host: Host): AccessFile[] {
  const { record, access } = host;
  const others = record.link ? hostsOn(host.engine, record.link.name).filter((other) => other !== host) : [];
  const known = others.map(knownHost).join('');
  return [
    ...others.flatMap(keysTo),
    ...(known === '' ? [] : [open('ssh/known_hosts', known)]),
    ...(access?.ssh
      ? [
          secret('ssh/host_key', access.ssh.host.privateKey, rootUid),
          open('ssh/authorized_keys', `${access.ssh.client.publicKey} from the lab\n`),
        ]
      : []),
  ];
}

const folders = ['certs', 'ssh'];

/** Writes them anew, each folder at once. Does nothing while the host is stopped: its next start writes them. */
export function writeAccessFiles(host: Host): void {
  const { guestDirectory, record } = host;
  if (!host.running) return; // its directory may be being removed
  const files = filesOf(host);
  for (const folder of folders) {
    const place = `${guestDirectory}/${folder}`;
    const [fresh, old] = [`${guestDirectory}/.${folder}.new`, `${guestDirectory}/.${folder}.old`];
    for (const left of [fresh, old]) fs.rmSync(left, { recursive: true, force: true });
    write(
      fresh,
      files.filter(({ path }) => path.startsWith(`${folder}/`)),
      record.uidBase,
    );
    if (fs.existsSync(place)) fs.renameSync(place, old);
    fs.renameSync(fresh, place);
    fs.rmSync(old, { recursive: true, force: true });
  }
}

/** As `writeAccessFiles`, for hosts that another one has changed for: what fails is theirs, and must not stop that one. */
export function writeAccessFilesOf(hosts: readonly Host[]): void {
  for (const host of hosts) {
    try {
      writeAccessFiles(host);
    } catch (error) {
      host.engine.log.warn({ error, host: host.name }, 'could not write the keys of the hosts on a link');
    }
  }
}

/** Makes the folder `fresh` with `files`. It is the host's when all of it is there. */
function write(fresh: string, files: readonly AccessFile[], uidBase: number): void {
  const made = [fresh];
  fs.mkdirSync(fresh, { mode: 0o700 });
  for (const { path, content, secretOf } of files) {
    const file = `${fresh}${path.slice(path.indexOf('/'))}`;
    const parent = file.slice(0, file.lastIndexOf('/'));
    if (!made.includes(parent)) {
      fs.mkdirSync(parent, { mode: 0o700 });
      made.push(parent);
    }
    fs.writeFileSync(file, content, { mode: secretOf === null ? 0o440 : 0o400, flag: 'wx' });
    fs.chownSync(file, uidBase + (secretOf ?? rootUid), uidBase + (secretOf ?? studentUid));
  }
  for (const folder of made.reverse()) {
    fs.chmodSync(folder, 0o750);
    fs.chownSync(folder, uidBase + rootUid, uidBase + studentUid);
  }
}
