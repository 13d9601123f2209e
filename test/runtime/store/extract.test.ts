// The most hostile archive there is: a layer. Nothing leaves the directory, and what is refused is named (B01).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'vitest';
import { attribute } from '../../../runtime/kernel/inodes.ts';
import { extractLayer } from '../../../runtime/store/extract.ts';
import { type Entry, tarOf } from '../../support/tar.ts';
import { until } from '../../support/until.ts';
import { temporaryDirectory } from '../images/fixture.ts';

const limits = { maxBytes: 1024 * 1024, maxEntries: 1000 };

/** Unpacks into `DIRECTORY/layer`; `DIRECTORY/outside` is what an attack would like to change. */
async function extracted(entries: readonly Entry[] | Buffer, check: (layer: string) => void): Promise<void> {
  await using temporary = await temporaryDirectory();
  const layer = `${temporary.path}/layer`;
  mkdirSync(layer);
  mkdirSync(`${temporary.path}/outside`);
  writeFileSync(`${temporary.path}/outside/secret`, 'secret', { mode: 0o600 });
  const before = listing(`${temporary.path}/outside`);
  const tar = Buffer.isBuffer(entries) ? entries : await tarOf(entries as readonly Entry[]);
  try {
    await extractLayer(Readable.from([tar]), layer, limits);
    check(layer);
  } finally {
    assert.deepEqual(readdirSync(temporary.path).sort(), ['layer', 'outside']);
    assert.deepEqual(listing(`${temporary.path}/outside`), before);
  }
}

function listing(directory: string): unknown[] {
  return ['', ...readdirSync(directory).sort()].map((name) => {
    const { mode, uid, nlink, size, mtimeMs, ino } = lstatSync(`${directory}/${name}`);
    return [name, mode, uid, nlink, size, mtimeMs, ino];
  });
}

const refused: readonly (readonly [what: string, entries: readonly Entry[], error: RegExp])[] = [
  ['a name that climbs', [[{ name: '../outside/secret' }, 'x']], /entry "\.\.\/outside\/secret": .*leads out/],
  ['a name that climbs later', [[{ name: 'a/b/../../../outside/secret' }, 'x']], /leads out/],
  ['a name that climbs with doubled slashes', [[{ name: '..//outside/secret' }, 'x']], /leads out/],
  [
    'a file through a symbolic link of the archive',
    [[{ name: 'way', type: 'symlink', linkname: '../outside' }], [{ name: 'way/secret' }, 'x']],
    /entry "way\/secret": "way" in its path is not a directory/,
  ],
  [
    'a directory through a symbolic link',
    [[{ name: 'way', type: 'symlink', linkname: '../outside' }], [{ name: 'way/new/', type: 'directory' }]],
    /not a directory of the archive/,
  ],
  [
    'a whiteout through a symbolic link',
    [[{ name: 'way', type: 'symlink', linkname: '../outside' }], [{ name: 'way/.wh.secret' }]],
    /not a directory of the archive/,
  ],
  [
    'an opaque whiteout through a symbolic link',
    [[{ name: 'way', type: 'symlink', linkname: '../outside' }], [{ name: 'way/.wh..wh..opq' }]],
    /not a directory of the archive/,
  ],
  [
    'a hard link to a file of the machine',
    [[{ name: 'shadow', type: 'link', linkname: '/etc/shadow' }]],
    /"etc" in its path/,
  ],
  ['a hard link that climbs', [[{ name: 'x', type: 'link', linkname: '../outside/secret' }]], /leads out/],
  [
    'a hard link through a symbolic link',
    [[{ name: 'way', type: 'symlink', linkname: '../outside' }], [{ name: 'x', type: 'link', linkname: 'way/secret' }]],
    /not a directory of the archive/,
  ],
  ['a hard link to nothing', [[{ name: 'x', type: 'link', linkname: 'y' }]], /not in the archive before it/],
  [
    'a parent that is a file',
    [
      [{ name: 'file' }, 'x'],
      [{ name: 'file/below' }, 'x'],
    ],
    /"file" in its path is not a directory/,
  ],
  ['a whiteout of the directory itself', [[{ name: 'a/.wh..' }]], /whiteout of nothing/],
  ['a whiteout of the parent', [[{ name: 'a/.wh...' }]], /whiteout of nothing/],
  ['an empty whiteout', [[{ name: '.wh.' }]], /whiteout of nothing/],
  ['a file as the root', [[{ name: './', type: 'file' }, 'x']], /replace the root/],
  [
    'a block device',
    [[{ name: 'sda', type: 'block-device', devmajor: 8, devminor: 0 }]],
    /entry "sda": it is a block device/,
  ],
  ['a name too long for any file system', [[{ name: 'n'.repeat(300) }, 'x']], /ENAMETOOLONG/],
  ['a path longer than 4 KiB', [[{ name: `${'d/'.repeat(2100)}x` }, 'x']], /longer than 4096/],
  ['more bytes than allowed', [[{ name: 'x' }, Buffer.alloc(1024 * 1024 + 1)]], /more than 1048576 bytes/],
  [
    'more entries than allowed',
    Array.from({ length: 1001 }, (_, i): Entry => [{ name: `f${i}` }]),
    /more than 1000 entries/,
  ],
  ['a path that PAX replaces', [[{ name: 'harmless', pax: { path: '../outside/secret' } }, 'x']], /leads out/],
];

for (const [what, entries, error] of refused) {
  test(`unpacking refuses ${what}`, async () => {
    await assert.rejects(
      extracted(entries, () => undefined),
      error,
    );
  });
}

test('unpacking gives what has an owner that no host can show to nobody', async () => {
  const entries: Entry[] = [
    [{ name: 'far', uid: 70_000, gid: 1_234_567 }, 'x'],
    [{ name: 'near', uid: 65_535, gid: 100 }, 'x'],
  ];
  await extracted(entries, (layer) => {
    const ownersOf = (name: string) => [statSync(`${layer}/${name}`).uid, statSync(`${layer}/${name}`).gid];
    assert.deepEqual(
      [ownersOf('far'), ownersOf('near')],
      [
        [65_534, 65_534],
        [65_535, 100],
      ],
    );
  });
});

test('unpacking takes an absolute name as one below the root', async () => {
  await extracted([[{ name: '/etc/passwd' }, 'mine']], (layer) => {
    assert.equal(readFileSync(`${layer}/etc/passwd`, 'utf8'), 'mine');
  });
});

test('unpacking keeps links that lead out as they are, and follows none', async () => {
  const entries: Entry[] = [
    [{ name: 'way', type: 'symlink', linkname: '../outside/secret', uid: 1000 }],
    [{ name: 'way2', type: 'link', linkname: 'way' }],
    [{ name: 'way', mode: 0o777 }, 'a file now'],
  ];
  await extracted(entries, (layer) => {
    assert.equal(readFileSync(`${layer}/way`, 'utf8'), 'a file now');
    assert.equal(readlinkSync(`${layer}/way2`), '../outside/secret');
  });
});

test('unpacking replaces a directory by a link and a link by a directory', async () => {
  const entries: Entry[] = [
    [{ name: 'a/', type: 'directory' }],
    [{ name: 'a/b' }, 'x'],
    [{ name: 'a', type: 'symlink', linkname: '/etc' }],
    [{ name: 'c', type: 'symlink', linkname: '/etc' }],
    [{ name: 'c/', type: 'directory', mode: 0o711 }],
    [{ name: 'c/d' }, 'x'],
  ];
  await extracted(entries, (layer) => {
    assert.equal(readlinkSync(`${layer}/a`), '/etc');
    assert.equal(readFileSync(`${layer}/c/d`, 'utf8'), 'x');
    assert.equal(lstatSync(`${layer}/c`).mode & 0o7777, 0o711);
  });
});

test('unpacking turns whiteouts into overlayfs ones', async () => {
  const entries: Entry[] = [
    [{ name: 'etc/', type: 'directory' }],
    [{ name: 'etc/.wh.gone' }],
    [{ name: 'opaque/', type: 'directory' }],
    [{ name: 'opaque/.wh..wh..opq' }],
    [{ name: 'opaque/kept' }, 'x'],
    [{ name: '.wh.replaced' }],
    [{ name: 'replaced/', type: 'directory' }],
    [{ name: 'both' }, 'x'],
    [{ name: '.wh.both' }],
    [{ name: '.wh..wh.plnk' }],
  ];
  await extracted(entries, (layer) => {
    const whiteout = lstatSync(`${layer}/etc/gone`);
    assert.ok(whiteout.isCharacterDevice() && whiteout.rdev === 0);
    assert.equal(attribute(`${layer}/opaque`, 'trusted.overlay.opaque')?.toString(), 'y');
    assert.equal(attribute(`${layer}/replaced`, 'trusted.overlay.opaque')?.toString(), 'y');
    assert.equal(readFileSync(`${layer}/both`, 'utf8'), 'x');
    assert.deepEqual(readdirSync(layer).sort(), ['both', 'etc', 'opaque', 'replaced']);
  });
});

test('unpacking leaves out device nodes and attributes that steer the kernel', async () => {
  const capability = Buffer.from([1, 0, 0, 2, 0, 32, ...new Array<number>(14).fill(0)]).toString();
  const pax = {
    'SCHILY.xattr.trusted.overlay.redirect': '/etc',
    'SCHILY.xattr.user.overlay.opaque': 'y',
    'SCHILY.xattr.security.selinux': 'label',
    'SCHILY.xattr.user.note': 'kept',
    'SCHILY.xattr.security.capability': capability,
  };
  const entries: Entry[] = [
    [{ name: 'file', pax, mode: 0o4755, uid: 5, gid: 6 }, 'x'],
    [{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }],
    [{ name: 'whiteout', type: 'character-device', devmajor: 0, devminor: 0 }],
  ];
  await extracted(entries, (layer) => {
    assert.deepEqual(readdirSync(layer), ['file']);
    const file = `${layer}/file`;
    assert.equal(attribute(file, 'trusted.overlay.redirect'), null);
    assert.equal(attribute(file, 'user.overlay.opaque'), null);
    assert.equal(attribute(file, 'user.note')?.toString(), 'kept');
    assert.equal(attribute(file, 'security.capability')?.length, 20);
    const stat = statSync(file);
    assert.deepEqual([stat.mode & 0o7777, stat.uid, stat.gid], [0o4755, 5, 6]);
  });
});

test('unpacking fails on an archive that is cut short', async () => {
  const tar = await tarOf([[{ name: 'x' }, 'x'.repeat(5000)]]);
  await assert.rejects(
    extracted(tar.subarray(0, 3000), () => undefined),
    /Unexpected end of data/,
  );
});

test('unpacking gives what GNU tar gives', async () => {
  await using temporary = await temporaryDirectory();
  const [source, layer, reference] = ['source', 'layer', 'reference'].map((name) => `${temporary.path}/${name}`);
  assert.ok(source && layer && reference);
  for (const directory of [source, layer, reference]) mkdirSync(directory);
  const script = `umask 022; mkdir -p a/b/c empty; echo one > a/one; ln a/one a/b/two; ln -s ../one a/b/link; mkfifo a/fifo
    chmod 2751 a/b; chmod 4711 a/one; chown -h 12:34 a/b/link a/fifo; touch -d 2001-02-03 a/one a/b a/fifo; touch -h -d 2002-03-04 a/b/link
    mkdir a/$(printf 'long%.0s' $(seq 40)); echo x > "a/$(printf 'long%.0s' $(seq 40))/$(printf 'name%.0s' $(seq 40))"; echo > 'a/ü"\\'`;
  execFileSync('sh', ['-euc', script], { cwd: source });
  for (const format of ['gnu', 'pax']) {
    const tar = execFileSync('tar', [`--format=${format}`, '-C', source, '-cf', '-', '.']);
    execFileSync('tar', ['-C', reference, '-xpf', '-'], { input: tar });
    await extractLayer(Readable.from([tar]), layer, limits);
    const print = ['-printf', '%P %y %m %U %G %n %l %s %TF %TT\\n'];
    const list = (directory: string) =>
      execFileSync('find', [directory, ...print], { encoding: 'utf8' })
        .replace(/\.\d+$/gm, '')
        .split('\n')
        .sort();
    assert.deepEqual(list(layer), list(reference));
  }
});

test('unpacking random archives changes nothing outside', async () => {
  // A small generator with a fixed seed, so that a failure can be run again.
  let seed = 20261121;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % n;
  };
  const words = ['a', 'b', '..', '.', '', 'way', '.wh.a', '.wh..wh..opq', 'outside', 'secret', 'etc', '.wh.way'];
  const name = () => Array.from({ length: 1 + random(4) }, () => words[random(words.length)]).join('/');
  const types = ['file', 'directory', 'symlink', 'link', 'fifo', 'character-device'] as const;
  for (let round = 0; round < 300; round++) {
    const entries = Array.from({ length: 1 + random(12) }, (): Entry => {
      const type = types[random(types.length)] ?? 'file';
      const linkname = random(2) === 0 ? name() || 'a' : `../outside/${name()}`;
      return [{ name: name() || 'a', type, linkname: linkname || 'a' }, type === 'file' ? 'x' : ''];
    });
    await extracted(entries, () => undefined).catch((error: unknown) => {
      if (error instanceof assert.AssertionError) throw error;
    });
  }
});

/** The files below `directory` that this process has open. */
function openBelow(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const place = readlinkSync(`/proc/self/fd/${fd}`);
      return place.startsWith(`${directory}/`) ? [place] : [];
    } catch {
      return []; // of the listing itself
    }
  });
}

test('large pieces are written in their order, small ones after them; an archive that ends within one leaves no file open', async () => {
  await using temporary = await temporaryDirectory();
  const large = Buffer.from(Array.from({ length: 500_000 }, (_, n) => `line ${n}\n`).join(''));
  const tar = await tarOf([
    [{ name: 'large' }, large],
    [{ name: 'small' }, 'small'],
    [{ name: 'also-large' }, large],
  ]);
  const pieces = (bytes: number, end = tar.length): Buffer[] => {
    const cuts = Array.from({ length: Math.ceil(end / bytes) }, (_, n) => n * bytes);
    return cuts.map((from) => tar.subarray(from, Math.min(end, from + bytes)));
  };
  const most = { maxBytes: 1024 * 1024 * 1024, maxEntries: 10 };
  // All at once, in pieces as large as a blob is read in, and in large and small ones by turns.
  for (const [n, given] of [[tar], pieces(1024 * 1024), pieces(700_000), pieces(10_000)].entries()) {
    const layer = `${temporary.path}/${n}`;
    mkdirSync(layer);
    await extractLayer(Readable.from(given), layer, most);
    assert.ok(readFileSync(`${layer}/large`).equals(large));
    assert.equal(readFileSync(`${layer}/small`, 'utf8'), 'small');
    assert.ok(readFileSync(`${layer}/also-large`).equals(large));
    assert.deepEqual(openBelow(layer), []);
  }
  const cut = `${temporary.path}/cut`;
  mkdirSync(cut);
  await assert.rejects(
    extractLayer(Readable.from(pieces(1024 * 1024, 3_000_000)), cut, most),
    /Unexpected end of data/,
  );
  await until('its file is closed', () => openBelow(cut).length === 0);
});
