// Feeds of known vulnerabilities for tests, of the shape that Debian's security tracker and the OSV database have.

import { crc32, deflateRawSync } from 'node:zlib';

const release = (status: string, more: object = {}) => ({
  status,
  repositories: { bookworm: '1', 'bookworm-security': '1' },
  ...more,
});

/** As `security-tracker.debian.org/tracker/data/json`, for the packages of `debianStatus`. */
export const trackerFeed = {
  zlib: {
    'CVE-2023-45853': {
      description:
        'MiniZip in zlib through 1.3 has an integer overflow and resultant heap-based buffer overflow in zipOpenNewFileInZip4_64 via a long filename.',
      scope: 'remote',
      debianbug: 1054290,
      releases: {
        bookworm: release('open', {
          urgency: 'not yet assigned',
          nodsa: 'contrib/minizip not built and producing binary packages',
          nodsa_reason: 'ignored',
        }),
        trixie: release('resolved', { fixed_version: '1:1.3.dfsg-2', urgency: 'not yet assigned' }),
      },
    },
    'CVE-2022-37434': {
      releases: { bookworm: release('resolved', { fixed_version: '1:1.2.11.dfsg-4.1', urgency: 'not yet assigned' }) },
    },
  },
  openssl: {
    'CVE-2024-5535': {
      description:
        'Issue summary: Calling the OpenSSL API function SSL_select_next_proto with an\nempty supported client protocols buffer may cause a crash.',
      releases: { bookworm: release('resolved', { fixed_version: '3.0.15-1~deb12u1', urgency: 'not yet assigned' }) },
    },
    'CVE-2025-27587': {
      description: 'OpenSSL 3.0.0 through 3.3.2 on the PowerPC architecture is vulnerable to a Minerva attack.',
      releases: { bookworm: release('open', { urgency: 'unimportant' }) },
    },
    'CVE-2024-0001': { releases: { bookworm: release('open', { urgency: 'medium' }) } },
    'CVE-2024-0002': { releases: { bookworm: release('undetermined') } },
    'CVE-2024-0003': {
      releases: { bookworm: release('resolved', { fixed_version: '0', urgency: 'not yet assigned' }) },
    },
    'CVE-2024-0004': { releases: { bookworm: release('open', { urgency: 'end-of-life' }) } },
    'CVE-2024-0005': { releases: { bullseye: release('open', { urgency: 'high' }) } },
  },
  'util-linux': {
    'CVE-2024-28085': {
      description: 'wall in util-linux through 2.40 allows escape sequences.',
      // Compared with the version of the source, which has no epoch.
      releases: { bookworm: release('resolved', { fixed_version: '2.38.1-5+deb12u2', urgency: 'not yet assigned' }) },
    },
  },
  unrelated: { 'TEMP-0000000-ABCDEF': { releases: { bookworm: release('open', { urgency: 'low' }) } } },
};

const osvRange = (name: string, events: readonly object[], urgency?: string) => ({
  package: { ecosystem: 'Debian:12', name, purl: `pkg:deb/debian/${name}?arch=source` },
  ranges: [{ type: 'ECOSYSTEM', events }],
  versions: ['1', '2'],
  ...(urgency && { ecosystem_specific: { urgency } }),
});

/** As in OSV's `Debian/all.zip`. */
export const osvAdvisories = [
  {
    schema_version: '1.7.0',
    id: 'DEBIAN-CVE-2024-5535',
    upstream: ['CVE-2024-5535'],
    modified: '2026-11-20T08:15:00Z',
    published: '2024-06-27T11:15:24Z',
    details: 'Issue summary: Calling SSL_select_next_proto may cause a crash.',
    affected: [osvRange('openssl', [{ introduced: '0' }, { fixed: '3.0.15-1~deb12u1' }], 'not yet assigned')],
  },
  {
    id: 'DSA-5764-1',
    upstream: ['CVE-2024-5535', 'CVE-2024-6119'],
    modified: '2026-11-19T08:15:00Z',
    summary: 'openssl - security update',
    affected: [osvRange('openssl', [{ introduced: '0' }, { fixed: '3.0.14-1~deb12u2' }])],
  },
  {
    id: 'DEBIAN-CVE-2023-45853',
    upstream: ['CVE-2023-45853'],
    modified: '2026-11-18T08:15:00Z',
    details: 'MiniZip in zlib has an integer overflow.',
    affected: [osvRange('zlib', [{ introduced: '0' }], 'unimportant')],
  },
  {
    id: 'DEBIAN-CVE-2020-0001',
    modified: '2026-11-18T08:15:00Z',
    affected: [osvRange('zlib', [{ introduced: '0' }, { fixed: '0' }])],
  },
  {
    id: 'DEBIAN-CVE-2020-0002',
    modified: '2026-11-18T08:15:00Z',
    affected: [osvRange('zlib', [{ introduced: '1:1.3' }, { fixed: '1:1.3.1' }])],
  },
  {
    id: 'DEBIAN-CVE-2020-0003',
    modified: '2026-11-18T08:15:00Z',
    withdrawn: '2026-11-18T08:15:00Z',
    affected: [osvRange('zlib', [{ introduced: '0' }])],
  },
  {
    id: 'DEBIAN-CVE-2020-0004',
    modified: '2026-11-18T08:15:00Z',
    affected: [{ ...osvRange('zlib', [{ introduced: '0' }]), package: { ecosystem: 'Debian:11', name: 'zlib' } }],
  },
];

/** A zip of these files, compressed. */
export function zipOf(files: readonly (readonly [name: string, content: string])[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of files) {
    const packed = deflateRawSync(content);
    // Version, flags, method, time, date, sum, sizes, length of the name and of more.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(Buffer.byteLength(content), 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, place, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from('PK\x05\x06'), end]);
}

export const osvFeed = (): Buffer => zipOf(osvAdvisories.map((one) => [`${one.id}.json`, JSON.stringify(one)]));
