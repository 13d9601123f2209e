// Archives of images made by a test itself, of files that it names: an OCI layout in a directory.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { goArchitecture } from '../../runtime/images/architecture.ts';

const sha256 = (content: string | Uint8Array): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** A layer: its tar, and how it is compressed in the layout. */
export interface TestLayer {
  readonly tar: Buffer;
  readonly compression?: 'none' | 'gzip' | 'zstd';
}

export interface TestImage {
  readonly layers: readonly TestLayer[];
  readonly config?: object;
  readonly names?: readonly string[];
  /** The machine's own where left out. */
  readonly architecture?: string;
}

/** The tar of files, by their paths, and of what `make` does in the directory besides. All belongs to root. */
export function layerOf(files: Readonly<Record<string, string>>, make: (directory: string) => void = () => undefined) {
  const directory = mkdtempSync(path.join(tmpdir(), 'drydock-layer-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(`${directory}/${name}`), { recursive: true });
      writeFileSync(`${directory}/${name}`, text, { mode: 0o755 });
    }
    make(directory);
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name', '--mtime=@1000000000'];
    const tar = execFileSync('tar', ['--create', '--format=pax', ...owner, '--directory', directory, '.'], {
      maxBuffer: 256 * 1024 * 1024,
    });
    return { tar };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const packers = {
  none: (tar: Buffer) => tar,
  gzip: (tar: Buffer) => gzipSync(tar),
  zstd: (tar: Buffer) => zstdCompressSync(tar),
};
const endings = { none: '', gzip: '+gzip', zstd: '+zstd' };

/** Writes the images as an OCI layout into the new directory `to`. `isDocker`: with Docker's own media types. */
export function writeImageLayout(to: string, images: readonly TestImage[], { isDocker = false } = {}): void {
  mkdirSync(`${to}/blobs/sha256`, { recursive: true });
  const put = (content: string | Buffer) => {
    const digest = sha256(content);
    writeFileSync(`${to}/blobs/sha256/${digest.slice('sha256:'.length)}`, content);
    return { digest, size: Buffer.byteLength(content) };
  };
  const type = (oci: string, docker: string): string =>
    isDocker ? `application/vnd.docker.${docker}` : `application/vnd.oci.image.${oci}`;
  const manifests = images.flatMap(({ layers, config = {}, names = [], architecture = goArchitecture }) => {
    const configuration = JSON.stringify({
      ...{ architecture, os: 'linux', created: '2026-01-02T03:04:05Z', config, history: [] },
      rootfs: { type: 'layers', diff_ids: layers.map(({ tar }) => sha256(tar)) },
    });
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: type('manifest.v1+json', 'distribution.manifest.v2+json'),
      config: { mediaType: type('config.v1+json', 'container.image.v1+json'), ...put(configuration) },
      layers: layers.map(({ tar, compression = 'gzip' }) => ({
        mediaType: type(`layer.v1.tar${endings[compression]}`, 'image.rootfs.diff.tar.gzip'),
        ...put(packers[compression](tar)),
      })),
    });
    const descriptor = {
      mediaType: type('manifest.v1+json', 'distribution.manifest.v2+json'),
      ...put(manifest),
      platform: { architecture, os: 'linux' },
    };
    if (names.length === 0) return [descriptor];
    return names.map((name) => ({ ...descriptor, annotations: { 'io.containerd.image.name': name } }));
  });
  const index = { schemaVersion: 2, mediaType: type('index.v1+json', 'distribution.manifest.list.v2+json'), manifests };
  writeFileSync(`${to}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(`${to}/index.json`, JSON.stringify(index));
}
