/** The rules that docker build checks a Dockerfile by, in sentences of our own: what is wrong, and what to write instead. */

export interface DockerfileRule {
  /** BuildKit's. */
  readonly name: string;
  readonly says: string;
  /** What the rule warns of, and what it does not. */
  readonly before: string;
  readonly after: string;
}

export const dockerfileRules: readonly DockerfileRule[] = [
  {
    name: 'JSONArgsRecommended',
    says: 'Written as a line, the command runs in a shell, and the shell does not pass on the signal of `docker stop`: the container is killed after ten seconds. Written as a list, the program itself is process 1 and hears the signal.',
    before: 'CMD node server.js',
    after: 'CMD ["node", "server.js"]',
  },
  {
    name: 'SecretsUsedInArgOrEnv',
    says: 'What ARG and ENV are given stays in the image: everybody who has it reads it with `docker history` or `docker inspect`. A secret belongs in a secret mount, which leaves nothing behind.',
    before: 'ARG NPM_TOKEN',
    after: 'RUN --mount=type=secret,id=npm_token npm ci',
  },
  {
    name: 'UndefinedVar',
    says: 'Nothing before this line gives the variable a value, so it is empty. Is it misspelled, or is its ARG missing in this stage?',
    before: 'COPY $SRC /app',
    after: 'ARG SRC=src\nCOPY $SRC /app',
  },
  {
    name: 'UndefinedArgInFrom',
    says: 'FROM sees only the ARGs that stand before the first FROM, and this one is not among them.',
    before: 'FROM node:22$VARIANT',
    after: 'ARG VARIANT=-slim\nFROM node:22$VARIANT',
  },
  {
    name: 'InvalidDefaultArgInFrom',
    says: 'Whoever builds without giving this argument gets an image name that is none. Give the ARG a default that works.',
    before: 'ARG TAG\nFROM node:$TAG',
    after: 'ARG TAG=22\nFROM node:$TAG',
  },
  {
    name: 'WorkdirRelativePath',
    says: 'A relative WORKDIR begins where the base image ends, and another version of the base may end elsewhere. Write the whole path.',
    before: 'WORKDIR app',
    after: 'WORKDIR /app',
  },
  {
    name: 'MultipleInstructionsDisallowed',
    says: 'Only the last one of these counts in a stage. The others do nothing, and mislead whoever reads the file.',
    before: 'CMD ["a"]\nCMD ["b"]',
    after: 'CMD ["b"]',
  },
  {
    name: 'DuplicateStageName',
    says: 'Two stages have one name, so `--target` and `COPY --from` cannot tell which is meant.',
    before: 'FROM node AS build\nFROM nginx AS build',
    after: 'FROM node AS build\nFROM nginx AS web',
  },
  {
    name: 'StageNameCasing',
    says: 'Names of stages are compared in lower case: write them so.',
    before: 'FROM node AS Build',
    after: 'FROM node AS build',
  },
  {
    name: 'FromAsCasing',
    says: 'FROM and AS belong together: write both in capitals, or neither.',
    before: 'FROM node as build',
    after: 'FROM node AS build',
  },
  {
    name: 'ConsistentInstructionCasing',
    says: 'Instructions may be written in any case. One case in the whole file, mostly capitals, is easier to read.',
    before: 'FROM node\nrun npm ci',
    after: 'FROM node\nRUN npm ci',
  },
  {
    name: 'ReservedStageName',
    says: '`scratch` and `context` mean something already, and cannot be names of stages.',
    before: 'FROM node AS context',
    after: 'FROM node AS build',
  },
  {
    name: 'NoEmptyContinuation',
    says: 'After a backslash the instruction goes on in the next line, and an empty line there will be an error one day.',
    before: 'RUN apt-get update && \\\n\n    apt-get install -y curl',
    after: 'RUN apt-get update && \\\n    apt-get install -y curl',
  },
  {
    name: 'MaintainerDeprecated',
    says: 'MAINTAINER is no longer used. A label says the same.',
    before: 'MAINTAINER ann@example.org',
    after: 'LABEL org.opencontainers.image.authors="ann@example.org"',
  },
  {
    name: 'LegacyKeyValueFormat',
    says: 'A name and a value with a blank between is the old way, which takes one variable only. Write an equals sign.',
    before: 'ENV PORT 3000',
    after: 'ENV PORT=3000',
  },
  {
    name: 'InvalidBaseImagePlatform',
    says: 'The base image is for another kind of machine than the one that is built for: what is in it may not run.',
    before: 'FROM --platform=linux/arm64 node',
    after: 'FROM node',
  },
  {
    name: 'RedundantTargetPlatform',
    says: 'The platform that is built for is what FROM takes anyway.',
    before: 'FROM --platform=$TARGETPLATFORM node',
    after: 'FROM node',
  },
  {
    name: 'FromPlatformFlagConstDisallowed',
    says: 'A fixed platform makes the file build for one kind of machine alone. Let whoever builds choose it.',
    before: 'FROM --platform=linux/amd64 node',
    after: 'FROM node',
  },
  {
    name: 'CopyIgnoredFile',
    says: 'The .dockerignore leaves this file out, so there is nothing to copy.',
    before: 'COPY .env /app/',
    after: 'COPY server.js /app/',
  },
  {
    name: 'InvalidDefinitionDescription',
    says: 'A comment right above a stage or an ARG is taken for its description, and then begins with its name. Put an empty line between where it is none.',
    before: '# for tests\nFROM node AS test',
    after: '# test runs the tests\nFROM node AS test',
  },
  {
    name: 'ExposeProtoCasing',
    says: 'The protocol of a port is written in lower case.',
    before: 'EXPOSE 53/UDP',
    after: 'EXPOSE 53/udp',
  },
  {
    name: 'ExposeInvalidFormat',
    says: 'EXPOSE notes a port of the container. Which port of the host leads there is for `docker run -p` to say.',
    before: 'EXPOSE 8080:80',
    after: 'EXPOSE 80',
  },
];

/** Where a rule is explained. */
export const rulesPage = '/dockerfile-rules/';

export function ruleAddress(name: string): string {
  return `${rulesPage}#${name}`;
}

/** In a sentence of our own, without marks; undefined for a rule that we do not know. */
export function ruleSentence(name: string): string | undefined {
  return dockerfileRules.find((rule) => rule.name === name)?.says.replaceAll('`', '');
}
