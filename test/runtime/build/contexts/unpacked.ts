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

export const unpacked: Cases = {
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
