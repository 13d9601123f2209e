// Stages on images with triggers, stages in place of images, contexts by name, platforms, working directories.

import type { Cases } from './case.ts';

const triggers = 'FROM busybox\nONBUILD RUN mkdir -p /out && echo trigger >>/out/foo\n';

export const staged: Cases = {
  'a stage that has the name of an image':
    'FROM busybox AS busybox\nRUN echo stage >/stage\nFROM scratch\nCOPY --from=busybox /stage /got\n',
  'a stage by its name in other letters': {
    dockerfile:
      'FROM scratch AS STAge0\nCOPY f g\nFROM scratch AS staGE1\nCOPY --from=staGE0 g h\nFROM scratch\nCOPY --from=stage1 h i\n',
    make: 'echo 1 >f',
    options: ['--target Stage1'],
  },
  'the root of a stage behind':
    'FROM busybox AS target\nCOPY --from=build / /out\nFROM busybox AS build\nCOPY /Dockerfile /d2\nFROM target\n',
  'arguments and no stage': 'ARG foo=bar\n',
  'triggers of an image': {
    dockerfile: 'FROM own/triggers\nRUN cat /out/foo >/x\n',
    images: { 'own/triggers': triggers },
  },
  'triggers of an image’s image are done once': {
    dockerfile: 'FROM own/child\nRUN wc -l </out/foo >/x\n',
    images: { 'own/parent': triggers, 'own/child': 'FROM own/parent\n' },
  },
  'triggers of an image below two stages': {
    dockerfile:
      'FROM own/two-stages AS base\nRUN test -f /out/foo && touch /step1 && rm /out/foo\nFROM base AS child\nRUN test ! -f /out/foo && touch /step2\nFROM scratch\nCOPY --from=child /step* /\n',
    images: { 'own/two-stages': triggers },
  },
  'a trigger with a cache': {
    dockerfile: 'FROM own/cached-trigger\nRUN --mount=type=cache,target=/trigger cat /trigger/foo /bar >/x\n',
    images: {
      'own/cached-trigger':
        'FROM busybox\nONBUILD RUN --mount=type=cache,target=/trigger echo 42 >/trigger/foo && echo 11 >>/bar\n',
    },
  },
  'a trigger that copies from an image': {
    dockerfile: 'FROM own/copying AS base\nRUN cat /out/p >/out/q\nFROM scratch\nCOPY --from=base /out /\n',
    images: {
      'own/copied': 'FROM busybox\nRUN echo copied >/p\n',
      'own/copying': 'FROM busybox\nONBUILD COPY --from=own/copied /p /out/p\n',
    },
  },
  'a trigger that mounts a stage': {
    dockerfile:
      'FROM own/copying2 AS below\nRUN cp /out/p /out/r && echo foo >/foo\nFROM own/mounting AS base\nRUN echo last >/out/last\nFROM scratch\nCOPY --from=base /out /\n',
    images: {
      'own/copied2': 'FROM busybox\nRUN echo copied >/p\n',
      'own/copying2': 'FROM busybox\nONBUILD COPY --from=own/copied2 /p /out/p\n',
      'own/mounting':
        'FROM busybox\nONBUILD RUN --mount=type=bind,target=/in,from=below mkdir /out && cat /in/foo /in/out/p >/out/bar\n',
    },
  },
  'a trigger of an image that copies from a stage of the file': {
    dockerfile:
      'FROM busybox AS otherstage\nRUN echo hello >/file\nFROM base AS input\nFROM scratch\nCOPY --from=input /out/foo /bar\n',
    images: { 'own/named-trigger': 'FROM busybox\nONBUILD COPY --from=otherstage /file /out/foo\n' },
    options: ['--build-context base=docker-image://own/named-trigger'],
  },
  'an image in place of another, with its settings': {
    dockerfile: 'FROM busybox AS base\nRUN cat /mark >/x; echo "$FOOBAR $PATH" >>/x\n',
    images: { 'own/marked': 'FROM busybox\nENV PATH=/foobar:$PATH FOOBAR=foobar\nRUN echo marked >/mark\n' },
    options: ['--build-context busybox=docker-image://own/marked'],
  },
  'an image in place of a stage that stands on another': {
    dockerfile:
      'FROM busybox AS parent\nFROM parent AS base\nRUN echo base >/out\nFROM base\nRUN test ! -f /out && cat /mark >/x\n',
    images: { 'own/marked2': 'FROM busybox\nRUN echo marked >/mark\n' },
    options: ['--build-context base=docker-image://own/marked2'],
  },
  'an image in place of a stage of this machine’s platform': {
    dockerfile: 'FROM --platform=$BUILDPLATFORM busybox AS target\nRUN cat /mark >/x\n',
    images: { 'own/marked3': 'FROM busybox\nRUN echo marked >/mark\n' },
    options: ['--build-context busybox=docker-image://own/marked3', '--platform linux/arm64'],
  },
  'nothing in place of an image': {
    dockerfile: 'FROM busybox AS build\nCOPY <<EOF /out\nhello\nEOF\n',
    options: ['--build-context busybox=docker-image://scratch'],
  },
  'a directory in place of a stage': {
    dockerfile: 'FROM busybox AS base\nRUN false\nFROM scratch\nCOPY --from=base /o* /\n',
    make: 'mkdir ../beside-stage && echo 1 >../beside-stage/out && echo 2 >../beside-stage/out2 && echo out2 >../beside-stage/.dockerignore',
    options: ['--build-context base=../beside-stage'],
  },
  'contexts that nobody needs': {
    dockerfile:
      'FROM broken AS notused\nFROM busybox AS base\nRUN echo base >/foo\nFROM other AS otherstage\nFROM scratch\nCOPY --from=base /foo /foo\n',
    options: [
      '--build-context notused=docker-image://none.invalid/a',
      '--build-context other=docker-image://none.invalid/b',
    ],
  },
  'a stage by the operating system': {
    dockerfile: 'FROM scratch AS build-linux\nCOPY f g\nFROM build-${TARGETOS}\nCOPY f2 g2\n',
    make: 'echo 0 >f && echo 1 >f2',
  },
  'arguments of another platform': {
    dockerfile:
      'FROM --platform=$BUILDPLATFORM busybox AS build\nARG TARGETPLATFORM\nARG TARGETOS\nARG TARGETARCH\nRUN mkdir /out && echo $TARGETPLATFORM $TARGETOS $TARGETARCH >/out/x\nFROM scratch\nCOPY --from=build out .\n',
    options: ['--platform linux/ppc64le', '--build-arg TARGETOS=freebsd'],
  },
  'a time in the Dockerfile is an argument as others are':
    'ARG SOURCE_DATE_EPOCH=1445412480\nFROM busybox\nARG SOURCE_DATE_EPOCH\nRUN echo "$SOURCE_DATE_EPOCH" >/x\n',
  'a time in the Dockerfile that is none': 'ARG SOURCE_DATE_EPOCH=not-a-time\nFROM busybox\nRUN echo >/x\n',
  'a time that the context has': {
    dockerfile: 'FROM busybox\nRUN echo >/x\n',
    options: ['--build-arg SOURCE_DATE_EPOCH=context'],
  },
  'a WORKDIR of scratch': 'FROM scratch\nWORKDIR /foo\nWORKDIR /\n',
  'a WORKDIR that is there is left as it is':
    'FROM busybox\nRUN mkdir -m 710 /mine && chown 7:8 /mine\nWORKDIR /mine\nRUN stat -c "%a %u:%g" . >/x\n',
  'a WORKDIR of a new user':
    'FROM busybox\nRUN echo somebody:x:1000:1001::/:/bin/sh >>/etc/passwd && echo people:x:1001: >>/etc/group\nUSER somebody\nWORKDIR /theirs\nRUN stat -c "%U %G" /theirs >/theirs/x\n',
  'a WORKDIR of the stage that is copied from': {
    dockerfile: 'FROM scratch AS base\nWORKDIR /foo\nCOPY Dockerfile /\nFROM scratch\nCOPY --from=base Dockerfile .\n',
  },
  'all kinds of files that are left out': {
    dockerfile: `FROM scratch AS one
COPY --exclude=*/*.png --exclude=*/*.jpeg . /1
FROM scratch AS two
COPY --exclude=*/*.pdf --exclude=*/*.txt . /2
FROM scratch AS three
ADD --exclude=*.mp3 d3/ /3/
FROM scratch AS four
COPY --exclude=*.mp3 --exclude=*.jpeg --exclude=*.png --exclude=*.pdf --exclude=*.txt d* /4/
FROM scratch AS five
ADD --exclude=*.mp* --exclude=*.jpeg --exclude=*.png --exclude=*.pdf d* /5
FROM scratch AS six
ADD --exclude=* d* /6
FROM scratch
COPY --from=one / /one
COPY --from=two / /two
COPY --from=three / /three
COPY --from=four / /four
COPY --from=five / /five
COPY --from=six / /six
`,
    make: `mkdir d1 d2 d3 d4 && for f in d1/a.png d1/b.txt d1/c.jpeg d2/a.pdf d2/b.jpeg d2/c.png d3/a.mp3 d3/b.mpeg d4/a.txt; do echo $f >$f; done
ln -s a.txt d4/b.txt && ln -s missing.txt d4/c.txt`,
  },
  'a command of several lines that fails': 'FROM scratch\nRUN wh\\\nat\nENV bar=baz\n',
  'a stage that is none': 'FROM scratch\nENV foo=bar\nCOPY --from=Not/A/Name foo bar\n',
};
