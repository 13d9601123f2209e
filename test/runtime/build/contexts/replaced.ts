// What COPY finds in its way, in directories that are there already.

import type { Cases } from './case.ts';

const trees = `mkdir -p one/it one/d two/d with-file with-deep/it/deep && echo 1 >one/it/f && ln -s d two/it && echo 2 >with-file/it && echo 3 >with-deep/it/deep/f`;

const of = (dockerfile: string): Cases[string] => ({ dockerfile: `FROM busybox\n${dockerfile}\n`, make: trees });

export const replaced: Cases = {
  'in a directory, a directory over a link': of('COPY two/ /\nCOPY one/ /'),
  'in a directory, a link over a directory': of('COPY one/ /\nCOPY two/ /'),
  'in a directory, a file over a directory': of('COPY one /t\nCOPY with-file /t'),
  'in a directory, a directory over a file': of('COPY with-file /t\nCOPY one /t'),
  'in a directory, a file over a link, and a link over a file': of('COPY two /t\nCOPY with-file /t\nCOPY two /t'),
  'far below, a directory over a file': of('RUN mkdir -p /t/it && echo >/t/it/deep\nCOPY with-deep /t'),
  'a file over a directory of its name in the directory': of('RUN mkdir -p /d/it\nCOPY with-file/it /d/'),
  'a file over a directory that has something in it': of('RUN mkdir -p /d/it/x\nADD with-file/it /d/'),
  'a layer of its own, over a link': of('COPY two /t\nCOPY --link one /t'),
  'selected, a directory over a file': of('RUN echo >/it\nCOPY --exclude=nothing with-deep /'),
};
