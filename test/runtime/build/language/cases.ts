// Dockerfiles of which BuildKit's answer is recorded (record.ts), and is ours (plan.test.ts).

export interface Case {
  readonly name: string;
  readonly dockerfile: string;
  /** Arguments of `docker build`, as the attributes that buildx makes of them: `build-arg:A`, `target`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Files of the context, beside the Dockerfile. */
  readonly files?: Readonly<Record<string, string>>;
  /** What the image is called, for cases behind this one. */
  readonly tag?: string;
}

const of = (name: string, dockerfile: string, more: Omit<Case, 'name' | 'dockerfile'> = {}): Case => ({
  name,
  dockerfile,
  ...more,
});

const files = { 'a.txt': 'a\n', 'b.txt': 'b\n', 'dir/c.txt': 'c\n', 'dir/sub/d.txt': 'd\n' };

/** Those that are built. */
const built: readonly Case[] = [
  of(
    'every setting',
    `FROM busybox
ARG P=3
EXPOSE 8\${X:-0}/tcp 90-92 $P 53/UDP
RUN echo \${P:-4} "$P" $UNSET
WORKDIR a
WORKDIR b/
VOLUME $P /a
LABEL a="b c" d=$P
ENV A=1 B="2 3"
ENV C d e
HEALTHCHECK --interval=5s --retries=3 CMD x y
STOPSIGNAL 9
SHELL ["/bin/sh","-c"]
CMD a b
ENTRYPOINT ["x"]
USER 1:2
MAINTAINER me
ONBUILD RUN a`,
  ),
  of('a base with triggers', 'FROM busybox\nENV X=1\nONBUILD ENV Y=$X\nONBUILD RUN echo $Y\nONBUILD COPY a.txt /a', {
    tag: 'triggers:1',
    files,
  }),
  of('triggers are done', 'FROM triggers:1\nRUN echo done', { files }),
  of('triggers of a stage are done', 'FROM busybox AS base\nONBUILD RUN echo hi\nFROM base\nRUN true', { files }),
  of(
    'a healthcheck',
    'FROM busybox\nHEALTHCHECK --interval=1m30s --timeout=500ms --start-period=1h --start-interval=1.5s CMD ["a","b"]',
  ),
  of('no healthcheck', 'FROM busybox\nHEALTHCHECK NONE'),
  of('scratch', 'FROM scratch\nCOPY a.txt /\nCMD ["/a"]', { files }),
  of('scratch with a variable', 'FROM scratch\nENV A=b\nADD a.txt $A', { files }),
  of('lower case', 'from busybox\nenv a=b\nrun echo $a\ncopy a.txt b.txt /x/', { files }),
  of('copy', 'FROM busybox\nWORKDIR /w\nCOPY a.txt b.txt x/\nCOPY --chown=1:2 --chmod=644 dir ./d\nCOPY . .', {
    files,
  }),
  of('copy of JSON', 'FROM busybox\nCOPY ["a.txt", "/with space"]', { files }),
  of('copy with variables', 'FROM busybox\nARG F=a.txt\nENV D=/to\nCOPY $F "${D}/x y"', { files }),
  of('copy with wildcards', 'FROM busybox\nCOPY *.txt dir/*/d.txt /x/', { files }),
  of('copy linked', 'FROM busybox\nCOPY --link a.txt /x/\nRUN true', { files }),
  of('copy linked with a mode', 'FROM busybox\nCOPY --link --chmod=600 a.txt /x/', { files }),
  of('copy but', 'FROM busybox\nCOPY --exclude=*.txt --exclude=sub dir /x', { files }),
  of('add', 'FROM busybox\nADD a.txt /x/\nADD --unpack=true b.txt /y', { files }),
  of(
    'files written here',
    'FROM busybox\nENV A=1\nCOPY <<one <<-"two" a.txt /x/\n1 $A "q" \\$A\none\n\t2 $A\n\ttwo\nADD <<EOF /y\nhi\nEOF',
    { files },
  ),
  of(
    'a run of heredocs',
    'FROM busybox\nENV A=1\nRUN <<EOF\n# first $A\necho hi\nEOF\nRUN <<-X\n\techo one\nX\nRUN <<A cat - && cat <<B\na\nA\nb\nB\nRUN <<S\n#!/bin/sh\necho script\nS',
  ),
  of(
    'runs',
    'FROM busybox\nRUN ["echo", "a b"]\nRUN echo \\\n  one \\\n  # not\n  two\nRUN --network=none echo \'$HOME\' "${HOME}"',
  ),
  of(
    'runs with arguments',
    'FROM busybox\nARG A=1\nARG B\nARG C=$A-x\nENV A=2\nRUN echo $A $B $C\nARG A=3\nRUN echo $A',
    {
      attributes: { 'build-arg:B': 'b' },
    },
  ),
  of(
    'mounts',
    'FROM busybox AS other\nRUN mkdir /o\nFROM busybox\nRUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t,size=1m true\nRUN --mount=from=other,source=/o,target=/o --mount=target=/ctx ls /ctx',
    { files },
  ),
  of('a cache of its own', 'FROM busybox\nRUN --mount=type=cache,id=x,target=c,uid=1,mode=0700,sharing=locked true'),
  of('one stage with a mount', 'FROM busybox\nRUN --mount=type=cache,target=/c true'),
  of(
    'stages',
    'FROM busybox AS one\nRUN true\nFROM busybox\nRUN true\nFROM scratch AS last\nCOPY --from=one / /a\nCOPY --from=1 /bin /b',
  ),
  of('a target', 'FROM busybox AS one\nRUN echo one\nFROM nothing.invalid/x AS two\nRUN two', {
    attributes: { target: 'ONE' },
  }),
  of('a stage that is not needed', 'FROM busybox AS no\nRUN false\nFROM busybox AS yes\nRUN true'),
  of('an image to copy from', 'FROM scratch\nCOPY --from=busybox /bin/busybox /b'),
  of('many steps', `FROM busybox\n${'RUN true\n'.repeat(9)}`),
  of(
    'a base that is a stage',
    'FROM busybox AS a\nENV A=1\nARG B=2\nWORKDIR /a\nUSER 5\nCMD ["c"]\nFROM a\nRUN echo $A $B\nWORKDIR b\nENTRYPOINT ["e"]',
  ),
  of(
    'arguments before the first FROM',
    'ARG V=latest\nARG W=busy\nARG I=${W}box:$V\nFROM $I\nARG V\nARG X=$V\nRUN echo $V $W $X',
  ),
  of('arguments given', 'ARG V=nothing\nFROM busybox:$V\nARG V=x\nARG N\nLABEL v=$V n=$N', {
    attributes: { 'build-arg:V': 'latest', 'build-arg:N': '' },
  }),
  of(
    'platform arguments',
    'FROM busybox\nARG TARGETPLATFORM\nARG BUILDARCH\nARG TARGETVARIANT TARGETSTAGE\nRUN echo $TARGETPLATFORM $BUILDARCH $TARGETVARIANT',
  ),
  of('a platform', 'FROM --platform=$BUILDPLATFORM busybox\nRUN true'),
  of('proxies', 'FROM busybox\nRUN echo $HTTP_PROXY', {
    attributes: { 'build-arg:HTTP_PROXY': 'http://p:1', 'build-arg:no_proxy': 'x' },
  }),
  of('labels given', 'FROM busybox\nLABEL a=1 b=2', { attributes: { 'label:b': '3', 'label:c': '4' } }),
  of(
    'words',
    'FROM busybox\nENV A=abc.tar.gz B="x  y" E=\nENV C=${A%.*} D=${A%%.*} F=${A#*.} G=${A##*.} H=${A/a/b} I=${A//a/z} J=${E:-e} K=${E-e} L=${A:+l} M=\'$A\' N=a\\ b O="\\$A"',
  ),
  of('an escape character', '# escape=`\nFROM busybox\nENV A=`$B C=\\n\nRUN echo `\n  a'),
  of(
    'paths',
    'FROM busybox\nWORKDIR /\nWORKDIR ./x/../y\nWORKDIR /z/./a//\nCOPY a.txt .\nCOPY a.txt b/.\nCOPY a.txt /c/',
    { files },
  ),
  of('quotes in a name', 'FROM busybox\nCOPY "a.txt"  \'/x y\'\nWORKDIR "/a b"', { files }),
  of('a shell', 'FROM busybox\nSHELL ["/bin/sh", "-ec"]\nRUN echo hi\nCMD echo hi\nENTRYPOINT x'),
  of('empty commands', 'FROM busybox\nCMD []\nENTRYPOINT []'),
  of('an entrypoint takes the command away', 'FROM busybox\nENTRYPOINT ["a"]'),
  of('a time', 'FROM busybox\nWORKDIR /x\nCOPY a.txt /\nENV A=1', {
    files,
    attributes: { 'build-arg:SOURCE_DATE_EPOCH': '86400' },
  }),
  of('a named context', 'FROM base\nCOPY --from=more a.txt /\nRUN true', {
    files,
    attributes: { 'context:base': 'docker-image://busybox', 'context:more': 'local:.' },
  }),
  of('a stage from outside', 'FROM nothing.invalid/x AS base\nRUN false\nFROM base\nRUN true', {
    attributes: { 'context:base': 'docker-image://busybox' },
  }),
  of('ports', 'FROM busybox\nEXPOSE 127.0.0.1:80:80 8080:8080/TCP 1000-1002/udp'),
  of('volumes', 'FROM busybox\nVOLUME ["/a b", "/c"]\nVOLUME /d'),
  of('onbuild with a heredoc', 'FROM busybox\nONBUILD RUN <<A\necho hi\nA'),
  of('arguments and secrets', 'FROM busybox\nARG API_TOKEN=x\nENV DB_PASSWORD=y PUBLIC_KEY=z'),
];

/** Warnings. */
const warned: readonly Case[] = [
  of('casing', 'FROM busybox as Base\nenv a=b\nRun true\nfrom base AS x\nCOPY --from=base /bin /b'),
  of(
    'names of stages',
    'FROM busybox AS scratch\nFROM busybox AS a\nFROM busybox AS a\nCOPY --from=a /bin /b\nCOPY --from=scratch /bin /c',
  ),
  of('empty lines', 'FROM busybox\nRUN echo a \\\n\n  b\n'),
  of('lines for the shell', 'FROM busybox\nCMD a\nCMD ["b"]\nENTRYPOINT c\nHEALTHCHECK NONE\nHEALTHCHECK CMD x'),
  of(
    'unknown variables',
    'FROM busybox\nENV HOMEDIR=/x\nCOPY a.txt $HOMEDI\nLABEL a=$NOPE b=${ALSO:-x}\nARG Z=$ZZ\nWORKDIR /$QQ',
    { files },
  ),
  of('unknown arguments in FROM', 'ARG VERSION=latest\nFROM busybox:${VERSIO:-latest}\nRUN true'),
  of('a bad default', 'ARG V\nFROM busybox:$V\n', { attributes: { 'build-arg:V': 'latest' } }),
  of(
    'platforms',
    'FROM --platform=$TARGETPLATFORM busybox AS a\nFROM --platform=linux/amd64 busybox AS b\nCOPY --from=a /bin /b\nFROM --platform=linux/amd64 busybox AS on-amd64\nCOPY --from=b /b /b',
  ),
  of(
    'checks left out',
    '# check=skip=JSONArgsRecommended,WorkdirRelativePath\nFROM busybox\nCMD a\nWORKDIR x\nMAINTAINER y',
  ),
  of('all checks left out', '# check=skip=all\nFROM busybox\nCMD a'),
  of('checks given', 'FROM busybox\nCMD a\nWORKDIR x', {
    attributes: { 'build-arg:BUILDKIT_DOCKERFILE_CHECK': 'skip=JSONArgsRecommended' },
  }),
  of(
    'experimental checks',
    '# check=experimental=all\n# nothing\nARG x=1\n# base is it\nFROM busybox AS base\n# another\nFROM base AS b\nCOPY a.txt /a\nADD dir/c.txt /c',
    {
      files: { ...files, '.dockerignore': 'b.txt\n', 'x.txt': '' },
    },
  ),
];

/** What is refused. */
const refused: readonly Case[] = [
  of('nothing', '\n'),
  of('only comments', '# a\n\n# b\n'),
  of('an unknown instruction', 'FROM busybox\nCOPI a b\nRUN true\n'),
  of('an unknown instruction in lower case', 'from busybox\nrun true\nwrkdir x\nrun true\nrun true'),
  of('no FROM', 'RUN true'),
  of('an ARG and no FROM', 'ARG A'),
  of('too many words of FROM', 'FROM busybox as'),
  of('a bad name', 'FROM busybox AS 1a'),
  of('a base that is no name', 'FROM Busy@Box'),
  of('a base in upper case', 'FROM BusyBox'),
  of('an empty base', 'ARG B=\nFROM $B\nRUN true'),
  of('a base that is not there', 'FROM localhost:1/busybx'),
  of('a bad platform', 'FROM --platform=$TARGETPLATFOR busybox'),
  of('a platform that is none', 'FROM --platform=linux/a+b busybox'),
  of('a platform that nobody knows', 'FROM --platform=x busybox'),
  of('an unknown flag', 'FROM busybox\nCOPY --form=a b c'),
  of('a flag that nobody knows', 'FROM busybox\nRUN --security=insecure true'),
  of('a flag twice', 'FROM busybox\nCOPY --chown=1 --chown=2 a b'),
  of('a flag without a value', 'FROM busybox\nCOPY --chown a b'),
  of('a flag with a wrong value', 'FROM busybox\nCOPY --link=maybe a b'),
  of('a flag with an empty value', 'FROM busybox\nCOPY --link= a b'),
  of('a flag where none may be', 'FROM busybox\nUSER --x y'),
  of('one word of COPY', 'FROM busybox\nCOPY a'),
  of('a heredoc to copy to', 'FROM busybox\nCOPY a <<EOF\nEOF'),
  of('a heredoc without an end', 'FROM busybox\nRUN <<EOF\necho\n'),
  of('old words of ENV', 'FROM busybox\nENV a'),
  of('new words of ENV', 'FROM busybox\nENV a=b c'),
  of('a blank name', 'FROM busybox\nENV =x'),
  of('a blank argument', 'FROM busybox\nARG =x'),
  of('no words', 'FROM busybox\nEXPOSE'),
  of('two words of USER', 'FROM busybox\nWORKDIR'),
  of('JSON of other things', 'FROM busybox\nRUN ["a", 1]'),
  of('a shell that is no JSON', 'FROM busybox\nSHELL bash -c'),
  of('a bad network', 'FROM busybox\nRUN --network=x true'),
  of('a mount of nobody', 'FROM busybox\nRUN --mount=type=bnd,target=/x true'),
  of('a mount with a bad key', 'FROM busybox\nRUN --mount=type=cache,taget=/x true'),
  of('a mount without a value', 'FROM busybox\nRUN --mount=type=cache,target true'),
  of('a mount with a bad number', 'FROM busybox\nRUN --mount=type=cache,target=/x,uid=a true'),
  of('a mount with a bad mode', 'FROM busybox\nRUN --mount=type=bind,target=/x,mode=7 true'),
  of('a mount from a variable', 'FROM busybox\nRUN --mount=from=$X,target=/x true'),
  of('a mount with a quote', "FROM busybox\nRUN --mount='type=\"bind,target=/x' true"),
  of('a mount at the root', 'FROM busybox\nRUN --mount=target=/ true'),
  of('a secret of nothing', 'FROM busybox\nRUN --mount=type=secret true'),
  of('sharing of no cache', 'FROM busybox\nRUN --mount=target=/x,sharing=locked true'),
  of('a stage that is not there yet', 'FROM busybox AS a\nCOPY --from=b /x /y\nFROM busybox AS b\nFROM a'),
  of('a circle', 'FROM busybox AS a\nCOPY --from=b / /\nFROM busybox AS b\nCOPY --from=a / /'),
  of('itself', 'FROM busybox AS a\nRUN true\nCOPY --from=a / /'),
  of('a stage with a number that is none', 'FROM busybox\nCOPY --from=7 / /'),
  of('a stage from a variable', 'FROM busybox\nARG X=a\nCOPY --from=$X / /'),
  of('a target that is not there', 'FROM busybox AS build\nRUN true', { attributes: { target: 'biuld' } }),
  of('a target that nobody knows', 'FROM busybox AS build\nRUN true', { attributes: { target: 'something' } }),
  of('a chain of triggers', 'FROM busybox\nONBUILD ONBUILD RUN x'),
  of('a trigger that may be none', 'FROM busybox\nONBUILD FROM x'),
  of('a bad mode', 'FROM busybox\nCOPY --chmod=999 a.txt /', { files }),
  of('a mode that is none', 'FROM busybox\nCOPY --chmod=u+q a.txt /', { files }),
  of('a bad port', 'FROM busybox\nEXPOSE 80/xyz'),
  of('a port that is none', 'FROM busybox\nEXPOSE abc'),
  of('ranges that differ', 'FROM busybox\nEXPOSE 80-90:100-101'),
  of('a bad signal', 'FROM busybox\nSTOPSIGNAL NOPE'),
  of('a bad word', 'FROM busybox\nENV A=${B'),
  of('a word with a quote', 'FROM busybox\nENV A="x'),
  of('a variable that must be set', 'FROM busybox\nARG A\nENV B=${A:?say A}\nRUN true'),
  of('an operator that nobody knows', 'FROM busybox\nENV B=${A!x}'),
  of('a healthcheck of nothing', 'FROM busybox\nHEALTHCHECK CMD'),
  of('a healthcheck of another kind', 'FROM busybox\nHEALTHCHECK FOO x'),
  of('a time that is none', 'FROM busybox\nHEALTHCHECK --interval=5 CMD x'),
  of('a time that is too short', 'FROM busybox\nHEALTHCHECK --interval=5us CMD x'),
  of('a number that is none', 'FROM busybox\nHEALTHCHECK --retries=x CMD y'),
  of('a URL to copy', 'FROM busybox\nCOPY https://example.invalid/x /'),
  of('a repository to copy', 'FROM busybox\nCOPY https://example.invalid/x.git /'),
  of('a checksum of a file', 'FROM busybox\nADD --checksum=sha256:1 a.txt /', { files }),
  of('warnings that are errors', '# check=error=true\nFROM busybox\nCMD x'),
  of('a check that is none', '# check=skip\nFROM busybox\nRUN true'),
  of('an escape character that is none', '# escape=x\nFROM busybox'),
  of('directives twice', '# check=skip=all\n# check=skip=all\nFROM busybox'),
  of('an error far down', `FROM busybox\n${'# x\n'.repeat(7)}RUN a \\\n  b\nENV a\nRUN c\n# y\n# z\n`),
  of('an error of many lines', 'FROM busybox\n\nENV a=b \\\n  c=d \\\n  e\n\nRUN true\n'),
  of('a name that is no context', 'FROM busybox AS a-\nRUN true'),
];

export const cases: readonly Case[] = [...built, ...warned, ...refused];
