// The workspace trusts the certificate authority of the hub, as Debian's programs do it and Go's: OpenSSL looks for a file by the hash of
// the authority's name, others read all files of the folder.

import fs from 'node:fs';
import { authorityHash } from '../hub/certificate.ts';

const folders = [
  '/etc',
  '/etc/ssl',
  '/etc/ssl/certs',
  '/usr',
  '/usr/local',
  '/usr/local/share',
  '/usr/local/share/ca-certificates',
];
/** Where `update-ca-certificates` looks for what somebody has added. */
const file = '/usr/local/share/ca-certificates/drydock-hub.crt';
const links = ['/etc/ssl/certs/drydock-hub.pem', `/etc/ssl/certs/${authorityHash}.0`];

/** Into the new layer `upper` of a workspace, which nobody has written to: what is below these names shows through. */
export function trustHub(upper: string, uidBase: number, authority: string): void {
  for (const folder of folders) fs.mkdirSync(`${upper}${folder}`, { mode: 0o755 });
  fs.writeFileSync(`${upper}${file}`, authority, { mode: 0o644, flag: 'wx' });
  for (const link of links) fs.symlinkSync(file, `${upper}${link}`);
  for (const path of [...folders, file, ...links]) fs.lchownSync(`${upper}${path}`, uidBase, uidBase);
}
