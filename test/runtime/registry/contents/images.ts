// Images of Debian's shape for tests: small, with the lists that dpkg keeps.

import { gzipSync } from 'node:zlib';
import { sha256 } from '../../../support/own-registry.ts';
import { type Entry, tarOf } from '../../../support/tar.ts';
import type { Served } from '../contenders.ts';
import { type Descriptor, descriptorOf, mediaTypes, pushBlob } from '../contents.ts';

/** As in an image of Debian 12, with what dpkg writes of no interest left in. */
export const debianStatus = `Package: adduser
Status: install ok installed
Priority: important
Section: admin
Installed-Size: 686
Maintainer: Debian Adduser Developers <adduser@packages.debian.org>
Architecture: all
Multi-Arch: foreign
Version: 3.134
Depends: passwd
Conffiles:
 /etc/adduser.conf 9bbbaa4b6ef0ee8a1b5d6ba4f2a6fb8e
 /etc/deluser.conf 3f38c90b0ec64b4a9f1d4ae0f9b8a1a1
Description: add and remove users and groups
 This package includes the 'adduser' and 'deluser' commands for creating
 and removing users.
 .
 Version: 9.99 is no field here

Package: libssl3
Status: install ok installed
Source: openssl
Architecture: amd64
Multi-Arch: same
Version: 3.0.11-1~deb12u2
Description: Secure Sockets Layer toolkit - shared libraries

Package: bsdutils
Status: install ok installed
Architecture: amd64
Source: util-linux (2.38.1-5+deb12u1)
Version: 1:2.38.1-5+deb12u1

Package: old-settings
Status: deinstall ok config-files
Architecture: all
Version: 1.0

Package: zlib1g
Essential: yes
Status: install ok unpacked
Architecture: amd64
Source: zlib
Version: 1:1.2.13.dfsg-1
`;

export const osRelease = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
`;

/** The entries of a layer as Debian's base has them: `/etc/os-release` is a link. */
export const debianBase: readonly Entry[] = [
  [{ name: 'etc/', type: 'directory' }],
  [{ name: 'etc/os-release', type: 'symlink', linkname: '../usr/lib/os-release' }],
  [{ name: 'usr/lib/os-release' }, osRelease],
  [{ name: 'var/lib/dpkg/', type: 'directory' }],
  [{ name: 'var/lib/dpkg/status' }, debianStatus],
  [
    { name: 'var/lib/dpkg/status-old' },
    'Package: never\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n',
  ],
];

export interface PushedImage {
  readonly digest: string;
  readonly manifest: string;
}

/** Pushes an image whose layers hold these entries, the base first; compressed as `compress` does it. */
export async function pushImage(
  served: Pick<Served, 'ask'>,
  repository: string,
  layers: readonly (readonly Entry[])[],
  options: { readonly tag?: string; readonly compress?: (tar: Buffer) => Buffer; readonly layerType?: string } = {},
): Promise<PushedImage> {
  const { tag = 'latest', compress = gzipSync, layerType = 'application/vnd.oci.image.layer.v1.tar+gzip' } = options;
  const descriptors: Descriptor[] = [];
  const diffIds: string[] = [];
  for (const entries of layers) {
    const tar = await tarOf(entries);
    const blob = compress(tar);
    await pushBlob(served, repository, blob);
    descriptors.push(descriptorOf(blob, layerType));
    diffIds.push(sha256(tar));
  }
  const config = JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  await pushBlob(served, repository, config);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
    layers: descriptors,
  });
  const answer = await served.ask(`PUT /v2/${repository}/manifests/${tag}`, {
    body: manifest,
    headers: { 'Content-Type': mediaTypes.ociManifest },
  });
  if (answer.status !== 201) throw new Error(`push ${repository}: ${answer.status} ${answer.body}`);
  return { digest: sha256(manifest), manifest };
}
