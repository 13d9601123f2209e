// Dockerfiles that `docker build --call=check` is asked of: it is recorded what a real dockerd answers (record-checks.ts), and is our
// answer (checks.test.ts).

export interface CheckCase {
  readonly dockerfile: string;
  readonly ignored?: string;
  readonly arguments?: Readonly<Record<string, string>>;
}

const asCopied = '# check=experimental=CopyIgnoredFile\nFROM scratch\nCOPY Dockerfile .\nADD Dockerfile /more\n';
const odd = 'FROM scratch as base\ncopy Dockerfile .\n';
const commands = 'CMD ["a"]\nENTRYPOINT ["a"]\nHEALTHCHECK CMD ["a"]\n';

export const checkCases: Readonly<Record<string, CheckCase | string>> = {
  'descriptions that are right': `# check=skip=all;experimental=InvalidDefinitionDescription
# one this is the one
ARG one=1
# base this is the base
FROM scratch AS base
# version of it
ARG version=1
# two this is the second
ARG one=3 two=4 one=5
#
ARG three=6
# of something else
COPY Dockerfile .
`,
  'descriptions of other things': `# check=experimental=InvalidDefinitionDescription
# two this is the one
ARG one=1
# BasE is written otherwise
FROM scratch AS base
# nothing of the kind
ARG version=1
# nothing of the kind
ARG one=3 two=4 one=5
`,
  'files that are ignored are copied': { dockerfile: asCopied, ignored: 'Dockerfile\n' },
  'files that are ignored are copied, and nobody is to say so': {
    dockerfile: asCopied.replace('experimental', 'skip'),
    ignored: 'Dockerfile\n',
  },
  'files that are ignored are copied, of which nobody has asked': {
    dockerfile: asCopied.replace(/.*\n/, ''),
    ignored: 'Dockerfile\n',
  },
  'names that are ignored in the context are copied from a stage': {
    dockerfile:
      '# check=experimental=all\nFROM scratch AS base\nCOPY Dockerfile /other\nADD Dockerfile /more\nFROM base\nCOPY --from=base /other /Dockerfile\n',
    ignored: 'other\n',
  },
  'a file that is not ignored after all is copied': {
    dockerfile: '# check=experimental=all\nFROM scratch\nCOPY ./Dockerfile .\n',
    ignored: '**\n!Dockerfile\n',
  },
  'the context is copied, of which all but one is ignored': {
    dockerfile: '# check=experimental=all\nFROM scratch\nCOPY . .\n',
    ignored: '**\n!Dockerfile\n',
  },
  'the context is copied, of which names with a dot are ignored': {
    dockerfile: '# check=experimental=all\nFROM scratch\nCOPY . .\n',
    ignored: '.*\n',
  },
  'the context is copied, of which all is ignored': {
    dockerfile: '# check=experimental=all\nFROM scratch\nCOPY . .\n',
    ignored: '*\n',
  },
  'secrets in names of all kinds': `FROM scratch
ARG SECRET_WORDS
ENV MY_Secret=1
ENV password=1 secret=2
ARG a_long_secret_token=1 auth=2
ENV apikey=1 moonflower=2
ENV git_key=
ENV PUBLIC_KEY=
ARG public_token
ARG SECRET_WORDS_FILE
ENV password_file=1 secret_File=2
ARG AUTH_MODULE_VERSION
`,
  'checks that are left out for one instruction': `FROM scratch
# check=skip=SecretsUsedInArgOrEnv // this one is none
ENV password=1
# check=skip=all
ARG password
# check=skip=JSONArgsRecommended
CMD a
# check=skip=MaintainerDeprecated
MAINTAINER me
# check=skip=WorkdirRelativePath
WORKDIR app/
# check=skip=LegacyKeyValueFormat
ENV a b
`,
  'stages that nobody needs': 'FROM scratch AS one\nCOPY $a .\nLABEL a b\nFROM scratch AS two\nCOPY $b .\n',
  'all checks are left out': `# check=skip=all\n${odd}`,
  'all checks are left out, and are errors': `# check=skip=all;error=true\n${odd}`,
  'two checks are left out': `# check=skip=ConsistentInstructionCasing,FromAsCasing\n${odd}`,
  'two checks are left out, and the others are errors': `# check=skip=ConsistentInstructionCasing,FromAsCasing;error=true\n${odd}`,
  'one check is left out': `# check=skip=ConsistentInstructionCasing\n${odd}`,
  'one check is left out, and the others are errors': `# check=skip=ConsistentInstructionCasing;error=true\n${odd}`,
  'who builds says otherwise than the file': {
    dockerfile: `# check=skip=all\n${odd}`,
    arguments: { BUILDKIT_DOCKERFILE_CHECK: 'skip=ConsistentInstructionCasing;error=true' },
  },
  'who builds leaves out what are errors': {
    dockerfile: `# check=error=true\n${odd}`,
    arguments: { BUILDKIT_DOCKERFILE_CHECK: 'skip=all' },
  },
  'names of stages': 'FROM scratch AS OneStage\nFROM scratch as two\nFROM scratch AS three\n',
  'names of stages in small letters': 'from scratch AS one\nfrom scratch as two\n',
  'empty lines in an instruction':
    'FROM scratch\n# one\nCOPY Dockerfile \\\n\n.\nCOPY Dockerfile \\\n# not empty\n.\nCOPY Dockerfile \\\n\n\n.\n',
  'From among capitals': 'From scratch as base\nFROM scratch AS two\n',
  'copy among capitals': 'FROM scratch\ncopy Dockerfile /a\nCOPY Dockerfile /b\n',
  'frOM among small letters': 'frOM scratch as base\nfrom scratch as two\n',
  'COPY among small letters': 'from scratch\nCOPY Dockerfile /a\ncopy Dockerfile /b\n',
  'from among capitals': 'from scratch\nCOPY Dockerfile /a\nCOPY Dockerfile /b\nCOPY Dockerfile /c\n',
  'FROM among small letters': 'FROM scratch\ncopy Dockerfile /a\ncopy Dockerfile /b\ncopy Dockerfile /c\n',
  'all in small letters': 'from scratch\ncopy Dockerfile /a\ncopy Dockerfile /b\n',
  'all in capitals': 'FROM scratch\nCOPY Dockerfile /a\nCOPY Dockerfile /b\n',
  'words in a heredoc are no instructions': "FROM busybox\nRUN <<'END'\nenv\nrun\nEND\n",
  'stages of one name': 'FROM scratch AS b\nFROM scratch AS b\n',
  'stages of two names': 'FROM scratch AS b1\nFROM scratch AS b2\n',
  'stages whose names mean something else': 'FROM scratch AS scratch\nFROM scratch AS context\nFROM scratch AS other\n',
  'CMD for a shell': 'FROM scratch\nCMD a b\n',
  'ENTRYPOINT for a shell': 'FROM scratch\nENTRYPOINT a b\n',
  'CMD and ENTRYPOINT for a shell that was chosen': 'FROM scratch\nSHELL ["/bin/own"]\nCMD a\nENTRYPOINT b\n',
  'CMD and ENTRYPOINT for a shell that the base has chosen':
    'FROM scratch AS base\nSHELL ["/bin/own"]\nFROM base\nCMD a\nENTRYPOINT b\n',
  'MAINTAINER and what is better':
    'FROM scratch\nMAINTAINER me@a.example\nLABEL org.opencontainers.image.authors="me"\n',
  'warnings before an error': 'FROM scratch AS OneStage\nMAINTAINER me\nNOTHING\n',
  'arguments in FROM': 'ARG base=scratch\nFROM $base\nCOPY Dockerfile .\n',
  'platforms in FROM, declared anew': 'ARG BUILDPLATFORM=linux/amd64\nFROM --platform=$BUILDPLATFORM scratch\n',
  'platforms in FROM': 'FROM --platform=$BUILDPLATFORM scratch\n',
  'an argument without a value in FROM': 'ARG D\nFROM scratch${D}\n',
  'an argument with a default in FROM': 'ARG D\nFROM scra${D:-tch}\n',
  'an empty argument with a default in FROM': 'ARG D=""\nFROM scratch${D-@none}\n',
  'a platform that nobody declares': 'FROM --platform=$BULIDPLATFORM scratch\n',
  'a part of a platform that nobody declares': 'ARG MY_ARCH=amd64\nFROM --platform=linux/${MYARCH} busybox\n',
  'an argument in FROM that nobody declares': 'ARG tag=latest\nFROM busybox:${tag}${version} AS b\n',
  'a relative WORKDIR': 'FROM scratch\nWORKDIR app/\n',
  'a relative WORKDIR below one of the base': 'FROM scratch AS a\nWORKDIR /app\nFROM a AS b\nWORKDIR sub/\n',
  'variables that are declared':
    'FROM busybox AS base\nARG a=Dockerfile\nARG b\nFROM base\nCOPY $a$b .\nRUN echo $PATH\n',
  'a variable before it is declared': 'FROM busybox\nCOPY $a .\nARG a=b\nRUN echo $a\n',
  'a variable that is nearly declared':
    'FROM busybox\nARG DIR_ONE=a\nARG DIR_SECOND=b\nARG DIR_THIRD=c\nCOPY $DIR_SECONDS .\nENV PATH=$PAHT:/bin\n',
  'instructions that only the last is done of': `FROM scratch\n${commands}${commands}`,
  'instructions that only the last is done of, with others between': `FROM scratch\n${commands}COPY <<END /a\nb\nEND\n${commands}`,
  'instructions once in each stage': `FROM scratch AS a\n${commands}FROM a AS b\n${commands}`,
  'ENV and LABEL as they were': 'FROM scratch\nENV a b\nLABEL a b\n',
  'ENV and LABEL as they are': 'FROM scratch\nENV a=b\nLABEL a=b\n',
  'ENV and LABEL as they were, where nobody needs them':
    'FROM scratch AS a\nFROM a AS b\nENV a b\nLABEL a b\nFROM a AS c\n',
  'the platform that is meant anyhow': 'FROM --platform=$TARGETPLATFORM scratch\n',
  'the platform that is meant anyhow, in braces': 'FROM --platform=${TARGETPLATFORM} scratch\n',
  'the platform that is meant anyhow, left out':
    '# check=skip=RedundantTargetPlatform\nFROM --platform=$TARGETPLATFORM scratch\n',
  'a base without a tag by default': {
    dockerfile: 'ARG V\nFROM busybox:$V\n',
    arguments: { V: 'latest' },
  },
  'no base by default': { dockerfile: 'ARG I\nFROM $I\n', arguments: { I: 'busybox:latest' } },
  'a base that ends in a colon by default': {
    dockerfile: 'ARG S="box:"\nFROM busy${S}\n',
    arguments: { S: 'box:latest' },
  },
  'a base that is right by default': {
    dockerfile: 'ARG V="latest"\nFROM busybox:${V}\n',
    arguments: { V: 'latest' },
  },
  'a base that is right without what is empty by default': {
    dockerfile: 'ARG V=""\nFROM busybox:la${V}\n',
    arguments: { V: 'test' },
  },
  'a base that is right without what has no default': {
    dockerfile: 'ARG V\nFROM busybox:la${V}\n',
    arguments: { V: 'test' },
  },
  'a platform that does not change': 'FROM --platform=linux/amd64 scratch\n',
  'a platform that does not change, of a stage that is named so':
    'FROM --platform=linux/amd64 scratch AS my_amd64_stage\n',
  'a platform that does not change, of a stage that has the system’s name':
    'FROM --platform=linux/amd64 scratch AS linux\n',
  'protocols of EXPOSE': 'FROM scratch\nEXPOSE 80/TcP 8080/TCP 8080/udp\n',
  'addresses in EXPOSE': 'FROM scratch\nEXPOSE 127.0.0.1:80:80 [::1]:8080:8080 5000:5000 8000\n',
};
