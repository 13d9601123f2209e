// What instructions mean: arguments, stages, triggers, words, the configuration that comes of them.

import type { Cases } from './case.ts';

export const planned: Cases = {
  'arguments before the first stage': {
    dockerfile:
      'ARG TAG=latest\nARG NAME=busy${TAG:+box}\nFROM $NAME:${TAG}\nARG TAG\nARG NAME=x\nRUN echo "$TAG $NAME" >/x\n',
  },
  'arguments that are given': {
    dockerfile: 'ARG A=1\nFROM busybox\nARG A\nARG B=2\nARG C\nENV B=${B}b C=${C:-none}\nRUN echo "$A $B $C" >/x\n',
    options: ['--build-arg A=one', '--build-arg B=two', '--build-arg C='],
  },
  'an argument that nobody declares': { dockerfile: 'FROM busybox\nRUN echo "$Z" >/x\n', options: ['--build-arg Z=1'] },
  'an argument of another stage':
    'FROM busybox AS a\nARG X=1\nFROM busybox\nRUN echo "$X" >/x\nCOPY --from=a /etc/passwd /y\n',
  'an argument behind its use': 'FROM busybox\nRUN echo "$X" >/x\nARG X=1\nRUN echo "$X" >/y\n',
  'arguments that stand on others':
    'FROM busybox\nARG A=1\nARG B=${A}2\nARG A=3\nARG C=$A$B\nRUN echo "$A $B $C" >/x\n',
  'several arguments in a line': 'FROM busybox\nARG A=1 B=2 C\nRUN echo "$A $B $C" >/x\n',
  'an argument before the first stage that must be given': 'ARG A=${A:?"is needed"}\nFROM busybox\n',
  'an argument before the first stage that must be given, and is': {
    dockerfile: 'ARG A=${A:?"is needed"}\nFROM busybox\nARG A\nRUN echo "$A" >/x\n',
    options: ['--build-arg A=1'],
  },
  'an argument that stands on one that must be given':
    'FROM busybox\nARG A\nARG B=${A:?"A is missing"}\nRUN echo "$A $B" >/x\n',
  'an argument that stands on one that must be given, and is': {
    dockerfile: 'FROM busybox\nARG A\nARG B=${A:?"A is missing"}\nRUN echo "$A $B" >/x\n',
    options: ['--build-arg A=1'],
  },
  'an argument that stands on one that must be given, and is given itself': {
    dockerfile: 'FROM busybox\nARG A\nARG B=${A:?"A is missing"}\nRUN echo "$A $B" >/x\n',
    options: ['--build-arg B=2'],
  },
  'several arguments before the first stage, that stand on each other':
    'ARG A="two words" B=box\nARG C="$B-c"\nFROM busy$B\nARG C D="4 $C" A\nRUN echo "$A|$B|$C|$D" >/x\n',
  'arguments without a value, and empty ones': 'FROM busybox\nARG A\nARG B=\nRUN env | grep -E "^[AB]=" >/x\n',
  'arguments twice, in the history': 'FROM busybox\nARG A=1\nARG B=2\nARG A=3\nRUN echo "$A" >/x\n',
  'a default of what is not given':
    'ARG I=idlebox\nFROM busy${I#idle}\nARG A\nENV B "B=${A:-none}"\nENV C "${B%%e*}"\n',
  'a default of what is given as empty': {
    dockerfile: 'FROM busybox\nARG A\nENV B "B=${A:-none}"\nENV C "${B%%e*}"\n',
    options: ['--build-arg A='],
  },
  'a default of what is given': {
    dockerfile: 'FROM busybox\nARG A\nENV B "B=${A:-none}"\nENV C "${B%%e*}"\n',
    options: ['--build-arg A=whenever'],
  },
  'arguments in quotes':
    'ARG T="latest"\nFROM busybox:${T}\nARG A="two words"\nARG B=\'$A\'\nARG C="$A"\nRUN echo "$A|$B|$C" >/x\n',
  'arguments and ENV of one name':
    'FROM busybox\nARG A=arg\nENV A=env\nRUN echo $A >/x\nARG A=later\nRUN echo $A >/y\n',
  'arguments that BuildKit has':
    'FROM busybox\nARG TARGETPLATFORM\nARG TARGETOS\nARG TARGETVARIANT\nARG BUILDPLATFORM\nARG TARGETSTAGE\nRUN echo "$TARGETPLATFORM $TARGETOS [$TARGETVARIANT] $BUILDPLATFORM $TARGETSTAGE" >/x\n',
  'the stage that is built': {
    dockerfile: 'FROM busybox AS One\nARG TARGETSTAGE\nRUN echo $TARGETSTAGE >/x\n',
    options: ['--target one'],
  },
  'the stage that is built, in one below it': {
    dockerfile:
      'FROM busybox AS base\nRUN echo "[$TARGETSTAGE]" >/x\nARG TARGETSTAGE\nRUN echo "[$TARGETSTAGE]" >/y\nFROM base AS one\nFROM scratch\n',
    options: ['--target one'],
  },
  'the stage that is built, where its name is not asked for':
    'FROM busybox AS base\nARG TARGETSTAGE\nRUN echo "[$TARGETSTAGE]" >/y\nFROM base AS last\n',
  'proxies are in no history': {
    dockerfile: 'FROM busybox\nRUN echo "$HTTP_PROXY $no_proxy" >/x\nARG HTTP_PROXY\nRUN echo "$HTTP_PROXY" >/y\n',
    options: ['--build-arg HTTP_PROXY=http://127.0.0.1:9', '--build-arg no_proxy=a.example'],
  },
  'operators of words':
    'FROM busybox\nARG A=foobarbaz.tar.gz\nARG E=\nENV V1=${A#*o} V2=${A##*o} V3=${A%.*} V4=${A%%.*} V5=${A/ba/-} V6=${A//ba/-} V7=${E:-d} V8=${E-d} V9=${A:+s} V10=${U:-${A}} V11=\\$A V12=\'$A\' V13="\\$A"\n',
  'a word that must be there': 'FROM busybox\nARG U\nENV V=${U:?is needed}\n',
  'a word that ends too early': 'FROM busybox\nENV V=${U\n',
  'a word with an operator that is none': 'FROM busybox\nENV V=${U^x}\n',
  'ENV in both forms':
    'FROM busybox\nENV A b c  d\nENV B="c d" C=e\\ f D=\'g h\' E=\nENV PATH=/x:$PATH\nENV F=$A G=$F\n',
  'ENV with percent signs': 'FROM busybox\nENV A foo%sbar\nRUN echo "$A" >/x\n',
  'ENV without a value': 'FROM busybox\nENV A\n',
  'ENV with an empty name': 'FROM busybox\nENV =x\n',
  'LABEL in both forms': 'FROM busybox\nLABEL a b c\nLABEL "d e"=f g="h\\\ni" j=\nLABEL a=again\n',
  'labels of the command line': { dockerfile: 'FROM busybox\nLABEL a=1 b=2\n', options: ['--label a=3', '--label c='] },
  'EXPOSE of all kinds': 'FROM busybox\nARG P=81\nEXPOSE 80 $P/tcp 53/udp 90-92/tcp 100/sctp\n',
  'EXPOSE of several ports in a variable': 'FROM busybox\nARG P="3000 4000/udp"\nEXPOSE $P\nEXPOSE 5000\n',
  'EXPOSE of what is no port': 'FROM busybox\nEXPOSE http\n',
  'EXPOSE beyond the last port': 'FROM busybox\nEXPOSE 70000\n',
  'VOLUME in both forms':
    'FROM busybox\nARG D=/c\nVOLUME /a /b\nVOLUME ["$D", "/d e"]\nRUN mkdir -p /a && echo >/a/kept\n',
  'VOLUME of nothing': 'FROM busybox\nVOLUME ""\n',
  'CMD and ENTRYPOINT in both forms':
    'FROM busybox\nSHELL ["/bin/ash", "-ec"]\nENTRYPOINT exec "$0"\nCMD ["a", "b c"]\n',
  'CMD of JSON that is none': 'FROM busybox\nCMD [\'a\']\nENTRYPOINT ["x", 1]\n',
  'CMD of an empty list': 'FROM busybox\nCMD []\nENTRYPOINT []\n',
  'ENTRYPOINT takes the CMD of its base away': {
    dockerfile: 'FROM busybox AS a\nCMD ["x"]\nFROM a\nENTRYPOINT ["y"]\n',
  },
  'ENTRYPOINT with a shell of one word': 'FROM busybox AS a\nCMD ["x"]\nFROM a\nSHELL ["ls"]\nENTRYPOINT my entry\n',
  'ENTRYPOINT of JSON that is none': 'FROM busybox\nENTRYPOINT []some words\n',
  'RUN of JSON that is none': 'FROM busybox\nRUN ["echo", "a"]this is none\n',
  'CMD twice': 'FROM busybox\nCMD one\nCMD two\n',
  'USER and WORKDIR with words':
    'FROM busybox\nARG U=daemon\nENV D=/d\nUSER $U:${U}\nWORKDIR $D/x\nWORKDIR ../y\nWORKDIR z\nRUN id -un >/tmp/id; pwd >>/tmp/id\n',
  'WORKDIR makes what is not there':
    'FROM busybox\nUSER daemon\nWORKDIR /a/b\nRUN stat -c "%a %u:%g" /a /a/b >/tmp/x\n',
  'WORKDIR of a user that is not there': 'FROM busybox\nUSER nosuch\nWORKDIR /etc\n',
  'WORKDIR of a user that is not there, of a directory that is new': 'FROM busybox\nUSER nosuch\nWORKDIR /new\n',
  'WORKDIR where a file is': 'FROM busybox\nRUN echo >/f\nWORKDIR /f\nRUN pwd\n',
  'WORKDIR by a link': 'FROM busybox\nRUN mkdir /real && ln -s real /l\nWORKDIR /l/x\nRUN pwd >/p; pwd -P >>/p\n',
  'WORKDIR by a link that leads out': 'FROM busybox\nRUN ln -s ../../../x /l\nWORKDIR /l/y\nRUN pwd -P >/p\n',
  'WORKDIR of nothing': 'FROM busybox\nARG N\nWORKDIR $N\nRUN pwd >/p\n',
  'WORKDIR of the root': 'FROM busybox\nWORKDIR /\nRUN pwd >/p\n',
  'STOPSIGNAL by name and number': 'FROM busybox\nSTOPSIGNAL SIGUSR1\nFROM busybox\nARG S=12\nSTOPSIGNAL $S\n',
  'STOPSIGNAL that is none': 'FROM busybox\nSTOPSIGNAL SIGNOSUCH\n',
  'HEALTHCHECK with all options':
    'FROM busybox\nHEALTHCHECK --interval=1m --timeout=2s --start-period=3s --start-interval=4s --retries=5 CMD wget -q localhost || exit 1\n',
  'HEALTHCHECK of nothing': 'FROM busybox\nHEALTHCHECK NONE\n',
  'HEALTHCHECK that is none': 'FROM busybox\nHEALTHCHECK SOMETIMES\n',
  'HEALTHCHECK with a time that is none': 'FROM busybox\nHEALTHCHECK --interval=1x CMD true\n',
  'SHELL of one word': 'FROM busybox\nSHELL ["/bin/ash"]\nRUN true\n',
  'SHELL that is no list': 'FROM busybox\nSHELL /bin/sh -c\n',
  MAINTAINER: 'FROM busybox\nMAINTAINER A B <a@b.example>\n',
  'ONBUILD is kept': 'FROM busybox\nONBUILD RUN echo 1\nONBUILD COPY . /x\nONBUILD ENV A=b\n',
  'ONBUILD of a stage':
    'FROM busybox AS base\nONBUILD ENV A=b\nONBUILD RUN echo $A >/x\nONBUILD ARG Z=z\nFROM base\nRUN echo $A $Z >/y\n',
  'ONBUILD with a mount and a heredoc':
    'FROM busybox AS base\nONBUILD RUN --mount=type=tmpfs,target=/t touch /t/x && ls /t >/l\nONBUILD RUN <<EOF\necho heredoc >/h\nEOF\nFROM base\n',
  'ONBUILD that copies from another stage':
    'FROM busybox AS dep\nRUN echo dep >/dep\nFROM busybox AS base\nONBUILD COPY --from=dep /dep /got\nFROM base\n',
  'ONBUILD of ONBUILD': 'FROM busybox\nONBUILD ONBUILD RUN true\n',
  'ONBUILD of FROM': 'FROM busybox\nONBUILD FROM busybox\n',
  'ONBUILD of nothing': 'FROM busybox\nONBUILD\n',
  'ONBUILD of a stage behind another':
    'FROM busybox AS base\nONBUILD RUN echo base >>/x\nFROM base AS mid\nFROM mid\nRUN echo end >>/x\n',
  'stages of one name': 'FROM busybox AS a\nRUN echo 1 >/x\nFROM busybox AS a\nRUN echo 2 >/x\n',
  'stages that nobody needs': 'FROM busybox AS broken\nRUN false\nFROM busybox\nRUN echo fine >/x\n',
  'a stage on a stage':
    'FROM busybox AS a\nENV A=1\nWORKDIR /w\nUSER daemon\nFROM a AS b\nRUN id -un >/tmp/x; pwd >>/tmp/x\nFROM b\nENV B=$A\n',
  'a stage of capitals': 'FROM busybox AS Base\nRUN echo >/x\nFROM base\nRUN ls /x >/y\n',
  'a target': {
    dockerfile: 'FROM busybox AS a\nRUN echo a >/x\nFROM busybox AS b\nRUN echo b >/x\n',
    options: ['--target a'],
  },
  'a target by number': {
    dockerfile: 'FROM busybox AS a\nRUN echo a >/x\nFROM busybox AS b\nRUN echo b >/x\n',
    options: ['--target 0'],
  },
  'a target that is not there': { dockerfile: 'FROM busybox AS build\nRUN true\n', options: ['--target biuld'] },
  'a stage without anything': 'FROM scratch\n',
  'a stage of scratch with a setting': 'FROM scratch\nENV A=b\nCMD ["x"]\n',
  'a stage of nothing that another copies from':
    'FROM scratch AS empty\nFROM busybox AS two\nRUN echo 1 >/x\nFROM scratch\nCOPY --from=two /x /x\n',
  'no stage at all': 'RUN true\n',
  'nothing at all': '# only a comment\n',
  'FROM without a name': 'FROM\n',
  'FROM a name that is none': 'FROM Busy_Box!!\n',
  'FROM a variable that is empty': 'FROM $NOTHING\nRUN true\n',
  'FROM with a name that is none': 'FROM busybox AS 1a\n',
  'FROM with AS alone': 'FROM busybox AS\n',
  'platforms of this machine':
    'FROM --platform=$BUILDPLATFORM busybox AS b\nARG BUILDARCH\nRUN echo $BUILDARCH >/x\nFROM --platform=linux/amd64 busybox\nCOPY --from=b /x /x\n',
  'a platform that is none': 'FROM --platform=nosuch/thing/at/all busybox\n',
  'instructions in any letters': 'from busybox as a\nrun echo 1 >/x\nFrom a\nCopy --from=a /x /y\nEnv a=b\ncmd ["c"]\n',
  'an instruction that is none': 'FROM busybox\nCPY a b\n',
  'an instruction without words': 'FROM busybox\nRUN\n',
  'lines that go on': 'FROM busybox\nRUN echo a \\\n  # a comment\n  b \\\n\n  c >/x\nENV A=1 \\\n    B=2\n',
  'another character for lines that go on': '# escape=`\nFROM busybox\nRUN echo a `\n  b >/x\nENV P=c:\\d\n',
  'lines that end as in Windows': 'FROM busybox\r\nRUN echo a >/x\r\nENV A=b\r\n',
  'a mark of the byte order': '\uFEFFFROM busybox\nRUN echo a >/x\n',
  'a directive that is behind': 'FROM busybox\n# escape=`\nRUN echo a \\\n  b >/x\n',
  'a directive twice': '# escape=`\n# escape=\\\nFROM busybox\n',
  'a Dockerfile by another name': {
    dockerfile: 'FROM busybox\nRUN false\n',
    make: 'printf "FROM busybox\\nRUN echo other >/x\\n" >other.Dockerfile',
    options: ['-f other.Dockerfile'],
  },
  'a Dockerfile that is a link': {
    dockerfile: 'FROM busybox\nRUN false\n',
    make: 'mkdir d && printf "FROM busybox\\nRUN echo other >/x\\n" >d/real && ln -s d/real link',
    options: ['-f link'],
  },
  'a Dockerfile of the usual name that is a link': {
    dockerfile: 'FROM busybox\nRUN echo linked >/x\n',
    make: 'mv Dockerfile web && ln -s web Dockerfile',
  },
  'a Dockerfile in small letters': {
    dockerfile: 'FROM busybox\nRUN echo small >/x\n',
    make: 'mv Dockerfile dockerfile',
  },
  'a Dockerfile outside of the context': {
    dockerfile: 'FROM busybox\nRUN false\n',
    make: 'mkdir -p ../beside && printf "FROM busybox\\nCOPY top /x\\n" >../beside/Dockerfile && echo 1 >top',
    options: ['-f ../beside/Dockerfile'],
  },
  'the history of a stage that copies from another': {
    dockerfile:
      'FROM busybox AS made\nENV A=b\nCOPY top /two\nFROM busybox\nLABEL a=b\nCOPY --from=made two three\nWORKDIR /\nRUN echo 1 >four\nRUN ["ls"]\nEXPOSE 2375 5000 1234/udp\n',
    make: 'echo 1 >top',
  },
};
