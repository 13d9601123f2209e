// ADD of an archive: the links in it and below it, and names that lead out.

import type { Cases } from './case.ts';

/** An archive of a link, and then of what a directory of the link's name has. */
const linked = (
  target: string,
  names: string,
): string => `mkdir t && cd t && ln -s ${target} l && ${tar('-c', 'l')} && rm l
mkdir -p s l/n && echo x >l/x && echo y >l/n/y && ${tar('-r', names)} && cd .. && rm -r t`;

const tar = (how: string, names: string): string =>
  `tar ${how} --no-recursion --owner=0 --group=0 --mtime=@1000000000 --mode=go-w -P -f ../a.tar ${names}`;

const of = (make: string, dockerfile = 'ADD a.tar /d'): Cases[string] => ({
  dockerfile: `FROM busybox\n${dockerfile}\n`,
  make,
});

const plain = (make: string, names: string): string =>
  `mkdir t && cd t && ${make} && ${tar('-c', names)} && cd .. && rm -r t`;

/** An archive of a file, a link and a directory with a file, of 5:6; machines need not have the programs that pack it so. */
const packedByXz =
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/ALVdABcLvBx9AZXAHUo+eQ2x0zhOMrwkQjISbC7S/t8vopJM1Qm8oGqs8EKvZOGUMDptDWKbih' +
  'vXoILXILVvI5WWXeoMvmUcRay+1/uwSlFUhzTBOxbaezx9CGUxbKvVlm4aD2/v0Zj3dncnb2rJCxc6waGEAIKaPqOce423ysmIHXBYTGS+WnJQ' +
  '+h2Ciwlg689ttvVgQAqYRq6W3N0nCqJCX4+BmbjvakhH9OVPh+i1Nnzb2HuB3wAAAAAAOjAP5ObondEAAdEBgFAAAGyqsqaxxGf7AgAAAAAEWV' +
  'o=';
const packedByBzip2 =
  'QlpoOTFBWSZTWYtOTwsAAI17hNGQAYBAAf+AARV3rx5gAACACDAA2AYaGTIGRiDEyaGmDDQyZAyMQYmTQ0wIpETyptT1GTZIHqHqA81S34mh26' +
  'yl0O8uTgo4EVBR5c8s8szAnCXJgnMoRJOwTJIUCSu+8xuT+SSdbcoNfSIChxEHuSATTSPeMFc75J0mTmmUkmZ6HHCtISDrSC9KJwJV0SiUolb/' +
  'HgksCiSvnWaSnCn2m6WNU2d01Maps37Jb9SzWyShNkkmKXF62tD8mKgf4u5IpwoSEWnJ4WA=';

const packed = (text: string, name: string): string => `echo ${text} | base64 -d >${name}`;

export const unpacked: Cases = {
  'an archive packed by xz': of(packed(packedByXz, 'a.tar.xz'), 'ADD a.tar.xz /d'),
  'an archive packed by bzip2': of(packed(packedByBzip2, 'a.tar.bz2'), 'ADD a.tar.bz2 /d/'),
  'archives packed by xz and bzip2 under other names': of(
    `${packed(packedByXz, 'x.txt')} && ${packed(packedByBzip2, 'b.tar.gz')}`,
    'ADD --chown=7:8 x.txt b.tar.gz /d/',
  ),
  'archives packed by xz and bzip2 that are copied': of(
    `${packed(packedByXz, 'a.tar.xz')} && ${packed(packedByBzip2, 'a.tar.bz2')}`,
    'COPY a.* /d/\nRUN --mount=target=/c wc -c /c/a.* >/x',
  ),
  'what is cut off of an archive packed by bzip2': of(
    `${packed(packedByBzip2, 'b')} && head -c 100 b >a.tar.bz2`,
    'ADD a.tar.bz2 /d/',
  ),
  'an archive packed twice': of(`${packed(packedByXz, 'x')} && gzip -n x`, 'ADD x.gz /d/'),
  'an archive with a link in its directory': of(linked('s', 's l/x')),
  'an archive with an absolute link': of(linked('/etc', 'l/x l/n l/n/y')),
  'an archive with a link upwards': of(linked('..', 'l/x')),
  'an archive with a link upwards and back': of(linked('../d/s', 's l/x')),
  'an archive with a link that leads nowhere': of(linked('no/such', 'l/x')),
  'an archive with an absolute link that leads nowhere': of(linked('/no/such', 'l/x')),
  'an archive with a link to itself': of(linked('l', 'l/x')),
  'an archive with a directory below a link upwards': of(linked('..', 'l/n')),
  'an archive with a directory in place of its link': of(linked('/etc', 'l l/x')),
  'an archive over an absolute link of the image': of(
    plain('mkdir l && echo x >l/x', 'l/x'),
    'RUN mkdir /d && ln -s /etc /d/l\nADD a.tar /d',
  ),
  'an archive over a link upwards of the image': of(
    plain('mkdir l && echo x >l/x', 'l/x'),
    'RUN mkdir /d && ln -s ../etc /d/l\nADD a.tar /d',
  ),
  'an archive at the root over an absolute link': of(
    plain('mkdir l && echo x >l/x', 'l/x'),
    'RUN ln -s /etc /l\nADD a.tar /',
  ),
  'an archive into a directory by a link': of(plain('echo x >x', 'x'), 'RUN ln -s /etc /l\nADD a.tar /l'),
  'an archive with a name that leads out': of(plain('mkdir y && echo x >x', 'y/../../t/x')),
  'an archive with absolute names': of(
    plain('echo x >x', '"$PWD/../t/x"').replace('-P ', '--transform s,^.*/,/abs/, -P '),
  ),
  'an archive with a file below a file': of(
    `mkdir t && cd t && echo x >x && ${tar('-c', 'x')} && rm x && mkdir x && echo y >x/y && ${tar('-r', 'x/y')} && cd .. && rm -r t`,
  ),
  'an archive with a hard link to what is not in it': of(
    `mkdir t && cd t && echo x >x && ln x y && ${tar('-c', 'x y')} && tar --delete -f ../a.tar x && cd .. && rm -r t`,
  ),
  'an archive with directories that it does not tell of': of(plain('mkdir -p a/b/c && echo x >a/b/x', 'a/b/c a/b/x')),
};
