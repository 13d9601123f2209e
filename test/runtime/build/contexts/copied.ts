// COPY and ADD: what is chosen, where it comes to lie, whose it is.

import type { Cases } from './case.ts';

const tree = `mkdir -p src/deep/er 'odd dir' && echo 1 >src/one.txt && echo 2 >src/two.log && echo 3 >src/deep/three.txt
echo 4 >src/deep/er/four.log && echo 5 >'odd dir/five six' && echo top >top.txt && chmod 600 src/one.txt && chmod 750 src/deep
ln -s one.txt src/link && ln -s deep src/dirlink && ln -s ../top.txt src/up && ln -s nowhere src/dangling && ln -s /etc/passwd src/abs`;

const archives = `mkdir -p a/sub && echo x >a/file && echo y >a/sub/file && ln -s file a/link && chmod 705 a/sub && chmod 4755 a/file
tar --sort=name --mtime=@1000000000 --owner=5 --group=6 -cf plain.tar -C a . && gzip -nk plain.tar && tar --sort=name --mtime=@1000000000 --owner=7 --group=8 -cf implied.tar -C a sub/file
cp plain.tar no-suffix && rm -r a && echo no tar >not.tar.gz`;

/** `FROM busybox` and what follows, of the tree. */
const of = (dockerfile: string, make = tree): Cases[string] => ({ dockerfile: `FROM busybox\n${dockerfile}\n`, make });

export const copied: Cases = {
  'a file to the root': of('COPY top.txt /'),
  'a file by its name': of('COPY top.txt /top.txt'),
  'a file by another name': of('COPY top.txt /other'),
  'a file into a directory that is not there': of('COPY top.txt /new/dir/'),
  'a file as one in a directory that is not there': of('COPY top.txt /new/dir'),
  'a file into a directory that is there': of('COPY top.txt /etc'),
  'a file over a directory': of('RUN mkdir /top.txt\nCOPY top.txt /top.txt'),
  'a directory over a file': of('RUN echo >/src\nCOPY src /src'),
  'a directory over a link to a directory': of('RUN mkdir /real && ln -s real /src\nCOPY src /src'),
  'a directory over a link that leads nowhere': of('RUN ln -s missing/there /src\nCOPY src /src'),
  'a directory into a link to a directory, with a slash': of('RUN mkdir /real && ln -s real /src\nCOPY src /src/'),
  'a file over a link to a file': of('RUN echo old >/old && ln -s old /link\nCOPY top.txt /link'),
  'a file by a link that leads out': of('RUN ln -s ../../../../tmp /out\nCOPY top.txt /out/'),
  'a file by a link of a link': of('RUN mkdir /c && ln -s c /b && ln -s /b /a\nCOPY top.txt /a/x/'),
  'into a path through a file': of('COPY top.txt /etc/passwd/x'),
  'with dots in the destination': of('COPY top.txt /a/../b/./c/../'),
  'above the root': of('COPY top.txt ../../x'),
  'to where one is': of('WORKDIR /w\nCOPY top.txt .\nCOPY src ./\nCOPY src/one.txt src/two.log x/'),
  'to where one is, with a link': of('RUN mkdir /real && ln -s real /w\nWORKDIR /w\nCOPY top.txt ./'),
  'a destination that is empty': of(
    'ENV E=""\nCOPY top.txt $E\nWORKDIR /w\nCOPY top.txt $E\nCOPY --link src/one.txt $E',
  ),
  'relative destinations, and directories above': of(
    'WORKDIR /a\nWORKDIR b\nCOPY top.txt ./\nADD top.txt ./c/d\nCOPY top.txt ./c/e\nWORKDIR ..\nCOPY top.txt ./\nWORKDIR /f/g\nCOPY top.txt ../\nCOPY . .\nRUN pwd >/p',
  ),
  'the same twice, and over itself': of(
    'COPY src sub\nCOPY src sub\nCOPY src/one.txt sub/one.txt\nCOPY src/one.txt x/one.txt\nCOPY src x',
  ),
  'two files to what is no directory': of('COPY top.txt src/one.txt /x'),
  'two directories': of('COPY src/deep src/deep/er /x/'),
  'the whole context': of('COPY . /all'),
  'the whole context, by a slash': of('COPY / /all/'),
  'the whole context and more': of('COPY ./ top.txt /all/'),
  'with a slash behind the source': of('COPY src/ /x\nCOPY src/deep/ /y/'),
  'dots in the source': of('COPY src/../top.txt ./src/./one.txt /x/'),
  'a source above the context': of('COPY ../top.txt /'),
  'a source far above the context': of('COPY ../../../../etc/passwd /x/'),
  'a source that is not there': of('COPY missing /'),
  'a source that is not there, below one that is': of('COPY src/missing /'),
  'a source below a file': of('COPY top.txt/x /'),
  'a source that is a link': of('COPY src/link /x\nCOPY src/up /y\nCOPY src/dirlink /z'),
  'a source through a link': of('COPY src/dirlink/three.txt /x\nCOPY src/dirlink/er /y'),
  'a source that leads nowhere': of('COPY src/dangling /x'),
  'a source that leads out': of('COPY src/abs /x'),
  'a source of links in links': of(
    'COPY a/b /x\nCOPY a/c /y',
    'mkdir -p d/e && echo 1 >d/e/b && ln -s d/e a && ln -s b d/e/c',
  ),
  'links that go round': of('COPY a /x', 'ln -s b a && ln -s a b'),
  wildcards: of('COPY *.txt /x/\nCOPY src/*.* /y/\nCOPY src/*/*.txt /z/'),
  'wildcards of one letter, and of some': of('COPY src/tw?.log /x/\nCOPY src/[a-o]ne.txt /y/\nCOPY src/[^o]*.log /z/'),
  'a wildcard for directories': of('COPY src/d* /x/'),
  'wildcards for a directory in between, and for the name of one': of(
    'COPY src/*/er/four.log /x/\nCOPY src/*/er/four.log /y/z\nCOPY src/deep/* /v/\nCOPY to*.txt name\nCOPY src/deep/. w',
  ),
  'links by a wildcard, and links of links': {
    dockerfile: 'FROM scratch\nCOPY top /\nCOPY sub/l* all/\n',
    make: 'mkdir sub && echo 1 >file && ln -s file top && echo 2 >sub/plain && echo 3 >sub/lone && ln -s plain sub/l0 && ln -s second sub/l1 && ln -s third sub/second && echo 4 >sub/third',
  },
  'a wildcard that finds one': of('COPY to*.txt /x'),
  'a wildcard that finds nothing': of('COPY *.none /x/'),
  'a wildcard that finds nothing, beside a file': of('COPY top.txt *.none /x/'),
  'a wildcard for names that begin with a dot': of(
    'COPY * /x/',
    'echo 1 >.hidden && echo 2 >seen && mkdir .d && echo 3 >.d/x',
  ),
  'names with wildcards in them': of(
    'COPY a[[]b].txt /x/\nCOPY c\\*d /y/\nCOPY ["e?f", "/z/"]',
    "echo 1 >'a[b].txt' && echo 2 >'c*d' && echo 3 >'e?f' && echo 4 >exf",
  ),
  'names with spaces': of('COPY ["odd dir", "/x y/"]\nCOPY ["odd dir/five six", "/z"]'),
  'names of other alphabets': of('COPY žluťoučký /x/\nCOPY ["日本", "/y/"]', 'echo 1 >žluťoučký && echo 2 >日本'),
  'names with percent signs and pluses': of(
    'COPY a-ü.txt /\nCOPY a-%C3%BC.txt /\nCOPY a+u.txt /',
    'echo 1 >a-ü.txt && echo 2 >a-%C3%BC.txt && echo 3 >a+u.txt',
  ),
  'names in variables': of('ARG F=top.txt\nENV D=/x\nCOPY ${F} $D/\nCOPY src/${F%%op.txt}wo.log ${D}2/'),
  'a long name': of(`COPY ${'n'.repeat(200)} /x/`, `echo 1 >${'n'.repeat(200)}`),
  'an empty directory': of('COPY e /x\nCOPY e /y/\nCOPY e/ /z/w', 'mkdir e && chmod 711 e'),
  'an empty file': of('COPY e /x', ': >e'),
  'what is mounted in containers': {
    dockerfile: 'FROM scratch\nCOPY . /\n',
    make: 'mkdir dev proc sys etc && : >etc/hosts && : >etc/resolv.conf',
  },
  'a directory into itself': of('COPY src /x\nCOPY --from=0 /x /x/x', tree),
  'hard links': of('COPY h /h', 'mkdir h && echo 1 >h/a && ln h/a h/b && mkdir h/c && ln h/a h/c/d'),
  'a socket': {
    dockerfile: 'FROM scratch\nCOPY . /\n',
    make: `perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) and bind(S, sockaddr_un("a.sock")) or die'; chmod 600 a.sock`,
  },
  'a fifo and a socket': of('COPY s /s', 'mkdir s && mkfifo s/fifo && echo 1 >s/file'),
  'modes of all kinds': of(
    'COPY m /m',
    'mkdir m && for n in 0 7 70 700 111 222 444 1777 2755 4755 6755; do echo >m/$n; chmod $n m/$n; mkdir m/d$n; chmod $n m/d$n; done',
  ),
  'owners are root': of('COPY o /o', 'mkdir o && echo >o/f && chown 9:9 o o/f'),
  '--chown of a directory': of('COPY --chown=3:4 src /x\nCOPY --chown=3 src /y/z/\nCOPY --chown=:4 top.txt /v/w'),
  '--chown by names': of('COPY --chown=daemon:www-data top.txt /x/\nCOPY --chown=www-data top.txt /y/'),
  '--chown by a name that is not there': of('COPY --chown=nosuch top.txt /x'),
  '--chown by a group that is not there': of('COPY --chown=root:nosuch top.txt /x'),
  '--chown by a variable': of('ARG U=12\nENV G=13\nCOPY --chown=${U}:${G} src /x\nADD --chown=${U} top.txt /y'),
  '--chown without names to look up': {
    dockerfile: 'FROM scratch\nCOPY --chown=1:2 top.txt /x\n',
    make: tree,
  },
  '--chown by a name, of scratch': { dockerfile: 'FROM scratch\nCOPY --chown=root top.txt /x\n', make: tree },
  '--chown into a directory that is there': of('RUN mkdir /x && chown 7:7 /x\nCOPY --chown=3:4 src /x'),
  '--chown by names in variables, of users that a step has made': {
    dockerfile: `FROM busybox
ARG group
ENV owner me
RUN echo "me:x:500:501::/:/bin/sh" >>/etc/passwd && echo "us:x:601:" >>/etc/group
COPY --chown=me:us . /a
COPY --chown=\${owner}:\${group} . /b
ADD --chown=1000:\${group} top.txt /c
`,
    make: tree,
    options: ['--build-arg group=us'],
  },
  '--chown into directories that are there, of a stage': `FROM busybox AS made
RUN mkdir -p /d/new && touch /f /d/new/g && chown 10:20 /f /d && chown 11:21 /d/new && chown 12:22 /d/new/g
FROM busybox AS there
RUN mkdir -p /old/sub && touch /old/f && chown 50:60 /old && chown 51:61 /old/sub /old/f
FROM there AS plain
COPY --from=made /f .
COPY --from=made /d /d
COPY --from=made /d/. /old
RUN stat -c "%n %u:%g" /f /d /d/new /d/new/g /old /old/sub /old/f /old/new /old/new/g >/seen
FROM there
COPY --from=made --chown=30:40 /f .
COPY --from=made --chown=30:40 /d /d
COPY --from=made --chown=30:40 /d/. /old
COPY --from=plain /seen /
`,
  '--chmod of a directory': of('COPY --chmod=0750 src /x\nCOPY --chmod=u+x,g=rw,o-r src /y\nCOPY --chmod=a=rX src /z'),
  '--chmod that is none': of('COPY --chmod=999 top.txt /x'),
  '--chmod that is none, in letters': of('COPY --chmod=u@x top.txt /x'),
  '--chmod with a letter in its number': of('ADD --chmod=64a top.txt /x'),
  '--chmod of more than there is': of('COPY --chmod=10000 top.txt /x'),
  '--chmod of nothing, and of the directories above a file': of(
    'COPY --chmod=0 top.txt /x\nCOPY --chmod=777 top.txt /p/f\nCOPY --chmod=770 top.txt /p/q/f\nCOPY --chmod=777 src /r/s',
  ),
  '--chmod in letters, of a stage': `FROM busybox AS made
RUN mkdir /in /in/d && touch /in/f && chmod 666 /in/f && chmod 124 /in/d
FROM scratch
COPY --from=made --chmod=go-w /in /a
COPY --from=made --chmod=u=rw,g=r,o=r /in/f /b
COPY --from=made --chmod=a+X /in /c
COPY --from=made --chmod=u+rw,g+r,o-x,o+w /in /d
`,
  '--chmod by a variable': of('ARG M=604\nCOPY --chmod=$M top.txt /x'),
  '--chmod of links': of('COPY --chmod=700 src/link src/dirlink /x/'),
  '--exclude': of(
    'COPY --exclude=*.txt --exclude=deep/er src /x\nCOPY --exclude=** --exclude=!**/*.log src /y\nCOPY --exclude=src . /z',
  ),
  '--exclude of a file that is named': of('COPY --exclude=top.txt top.txt /x/'),
  '--link': of(
    'RUN mkdir /x && echo old >/x/top.txt && chmod 700 /x\nCOPY --link top.txt /x/\nCOPY --link --chown=3:4 src /y\nCOPY --link src/deep/ /z/.',
  ),
  '--link to where one is': of('WORKDIR /w\nCOPY --link top.txt .\nCOPY --link src/one.txt ./'),
  'an option that is none': of('COPY --nosuch top.txt /x'),
  'an option twice': of('COPY --chown=1 --chown=2 top.txt /x'),
  'an option without a value': of('COPY --chown top.txt /x'),
  'COPY of a single word': of('COPY top.txt'),
  '--from a stage': {
    dockerfile: `FROM busybox AS made
RUN mkdir -p /m/d && echo 1 >/m/f && ln -s f /m/l && ln -s /m/d /m/abs && echo 2 >/m/d/g && chown -R 3:4 /m && chmod 6755 /m/f && mkfifo /m/p
FROM busybox
COPY --from=made /m /a
COPY --from=made m/f m/l /b/
COPY --from=made /m/abs /c
COPY --from=made /m/abs/g /d
COPY --from=made --chown=9 /m /e
`,
  },
  '--from a number':
    'FROM busybox\nRUN echo 0 >/zero\nFROM busybox\nRUN echo 1 >/one\nFROM busybox\nCOPY --from=0 /zero /\nCOPY --from=1 /one /\n',
  '--from an image': 'FROM scratch\nCOPY --from=busybox /etc/passwd /bin/sh /x/\n',
  '--from the stage that it is in': 'FROM busybox AS a\nCOPY --from=a /etc/passwd /x\n',
  '--from a stage behind': 'FROM busybox\nCOPY --from=b /x /x\nFROM busybox AS b\nRUN echo >/x\n',
  '--from a number that is none': 'FROM busybox\nCOPY --from=3 /x /x\n',
  '--from a name of capitals': 'FROM busybox AS Made\nRUN echo >/x\nFROM busybox\nCOPY --from=MADE /x /x\n',
  '--from a variable': 'FROM busybox AS made\nRUN echo >/x\nFROM busybox\nARG S=made\nCOPY --from=$S /x /x\n',
  '--from through an absolute link': `FROM busybox AS made
RUN mkdir -p /real && echo 1 >/real/f && ln -s /real /l && ln -s /real/f /real/g
FROM busybox
COPY --from=made /l/f /a
COPY --from=made /l /b
COPY --from=made /l/ /c/
COPY --from=made /real/g /d
`,
  '--from through a relative link': `FROM busybox AS made
RUN mkdir -p /out/sub && echo 1 >/out/sub/f && ln -s out/sub /l
FROM scratch
COPY --from=made /l/f .
COPY --from=made /l/f name
`,
  '--from a wildcard':
    'FROM busybox AS made\nRUN mkdir /m && touch /m/a1 /m/a2 /m/b1\nFROM scratch\nCOPY --from=made /m/a* /x/\n',
  '--from what is not there': 'FROM busybox AS made\nFROM busybox\nCOPY --from=made /nosuch /x\n',
  '--from scratch': 'FROM scratch AS none\nFROM busybox\nCOPY --from=none / /x/\n',
  'devices of a stage':
    'FROM busybox AS made\nRUN mkdir /d && touch /d/a\nFROM scratch\nCOPY --from=made /d /d\nCOPY --from=made /dev /dev2\n',
  'ADD of files': of('ADD top.txt src /x/\nADD src/*.txt /y/'),
  'ADD of archives': of('ADD plain.tar /a\nADD plain.tar.gz /b/\nADD no-suffix /e\nADD implied.tar /f', archives),
  'ADD of what is called an archive': of('ADD not.tar.gz /x\nADD not.tar.gz /y/', archives),
  'ADD of archives by a wildcard': of('ADD *.tar /x/\nADD p*.gz /y/', archives),
  'ADD --chown of an archive': of('ADD --chown=1:2 plain.tar /x\nADD --chown=3 implied.tar /y', archives),
  'ADD --chmod of an archive': of('ADD --chmod=700 plain.tar /x', archives),
  'ADD of an archive to where a file is': of('RUN echo >/x\nADD plain.tar /x', archives),
  'ADD of an archive by links': of(
    'RUN mkdir /real && ln -s /real /x && mkdir /real/sub && chmod 711 /real/sub\nADD plain.tar /x\nADD implied.tar /x/',
    archives,
  ),
  'ADD of an archive over links': of(
    'RUN mkdir -p /x /y && ln -s /y /x/sub && echo old >/y/old && ln -s /y/old /x/file\nADD plain.tar /x',
    archives,
  ),
  'ADD of an archive that names a directory, and none above it': {
    dockerfile: 'FROM scratch\nADD deep.tar.gz /\n',
    make: 'mkdir -p a/b/c && echo x >a/b/c/f && tar --no-recursion -cf - -C a b/c b/c/f | gzip >deep.tar.gz && rm -r a',
  },
  'ADD of an archive through an absolute link that one before has left': {
    dockerfile: 'FROM scratch\nADD one.tar /\nADD two.tar /\n',
    make: `mkdir -p one/real one/way two/way/in/x/y && ln -s /real one/way/in && tar -cf one.tar -C one real way
cd two && echo 1 >way/in/x/y/f && ln way/in/x/y/f way/in/x/y/h && tar --no-recursion -cf ../two.tar way/in/x way/in/x/y way/in/x/y/f way/in/x/y/h`,
  },
  'ADD of archives by a wildcard, to what ends in no slash': of('ADD *.tar /dest', archives),
  'ADD of an archive that is cut off': of('ADD cut.tar /x', `${archives}; head -c 700 plain.tar >cut.tar`),
  'ADD of an archive with whiteouts': of(
    'RUN mkdir /x && echo 1 >/x/gone && mkdir /x/o && echo 2 >/x/o/kept\nADD w.tar /x',
    'mkdir -p a/o && : >a/.wh.gone && : >a/o/.wh..wh..opq && tar -cf w.tar -C a . && rm -r a',
  ),
  'ADD --checksum by a hash that is too weak': of(`ADD --checksum=md5:${'0'.repeat(32)} http://127.0.0.1:8/x /y`),
  'ADD --checksum by a hash that is none': of(`ADD --checksum=nosuch:${'0'.repeat(64)} http://127.0.0.1:8/x /y`),
  'ADD --checksum that is too short': of('ADD --checksum=sha256:00 http://127.0.0.1:8/x /y'),
  'ADD --checksum of other letters': of(`ADD --checksum=sha256:${'F'.repeat(64)} http://127.0.0.1:8/x /y`),
  'ADD --checksum without a hash': of(`ADD --checksum=${'0'.repeat(64)} http://127.0.0.1:8/x /y`),
  'ADD --checksum of a file of the context': of(`ADD --checksum=sha256:${'0'.repeat(64)} top.txt /y`),
  'COPY of an archive': of('COPY plain.tar.gz /x\nCOPY plain.tar /y/', archives),
  'ADD that does not unpack': of('ADD --unpack=false plain.tar /x/', archives),
  '.dockerignore with exceptions': {
    dockerfile: 'FROM busybox\nCOPY . /x\n',
    make: `${tree}\nprintf '# no comment\\n**/*.log\\n!src/deep/er/four.log\\n/odd dir\\n  src/up  \\n\\n!nothing\\n' >.dockerignore`,
  },
  '.dockerignore of directories': {
    dockerfile: 'FROM busybox\nCOPY . /x\n',
    make: `${tree}\nprintf 'src\\n!src/deep/three.txt\\n' >.dockerignore`,
  },
  '.dockerignore of everything': {
    dockerfile: 'FROM busybox\nCOPY . /x\n',
    make: `${tree}\nprintf '*\\n!top.txt\\n!*/one.txt\\n' >.dockerignore`,
  },
  '.dockerignore of all with a star more': {
    dockerfile: 'FROM busybox\nCOPY . /x\n',
    make: `${tree}\nprintf '**\\n!**/er\\n!top.*\\n' >.dockerignore`,
  },
  '.dockerignore of itself and the Dockerfile': {
    dockerfile: 'FROM busybox\nCOPY . /x\n',
    make: `${tree}\nprintf '.dockerignore\\nDockerfile\\n./src/./deep/../one.txt\\n' >.dockerignore`,
  },
  '.dockerignore of a file that is copied': {
    dockerfile: 'FROM busybox\nCOPY top.txt /x\n',
    make: `${tree}\necho top.txt >.dockerignore`,
  },
  '.dockerignore with a pattern that is none': {
    dockerfile: 'FROM busybox\nCOPY . /x\n',
    make: `${tree}\nprintf '!\\n' >.dockerignore`,
  },
  '.dockerignore with a bracket that is open': {
    dockerfile: 'FROM busybox\nCOPY . /x\n',
    make: `${tree}\nprintf '[\\n' >.dockerignore`,
  },
  '.dockerignore of a Dockerfile by its name': {
    dockerfile: 'FROM busybox\nCOPY . /x\n',
    make: `${tree}\nprintf '*\\n' >.dockerignore; printf 'src\\n' >Dockerfile.dockerignore`,
  },
  '.dockerignore of another Dockerfile by its name': {
    dockerfile: 'FROM busybox\nRUN false\n',
    make: `${tree}\nprintf 'FROM busybox\\nCOPY . /x\\n' >other; echo top.txt >Dockerfile.dockerignore; echo src >other.dockerignore`,
    options: ['-f other'],
  },
};
