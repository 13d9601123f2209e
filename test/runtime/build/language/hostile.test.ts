// Dockerfiles that are written to hold up whoever plans them: as large as they may be, planned or refused at once.

import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import { buildOptions } from '../../../../runtime/build/language/options.ts';
import { planBuild } from '../../../../runtime/build/language/plan/build-plan.ts';
import { LanguageError } from '../../../../runtime/build/language/source.ts';
import { maxDockerfileBytes } from '../../../../runtime/limits.ts';

/** The processor's time for a file: it is a quarter of a second at most, and minutes for what is quadratic. */
const slowMs = 4000;

const megabyte = (part: string): string => part.repeat(Math.floor((maxDockerfileBytes - 2000) / part.length));
const numbered = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

const doubling = `ENV A=x\n${'ENV A=$A$A\n'.repeat(60)}`;

test.each<readonly [string, string]>([
  ['values that double', `FROM scratch\n${doubling}`],
  [
    'values that double, and are used',
    `FROM scratch\n${'ENV A=x\n'}${'ENV A=$A$A\n'.repeat(18)}${'LABEL a=$A b=$A\n'.repeat(1900)}`,
  ],
  [
    'a file that doubles',
    `FROM scratch\nARG A=xxxxxxxxxx\n${'ENV A=$A$A\n'.repeat(14)}COPY <<E /x\n${'$A'.repeat(60_000)}\nE`,
  ],
  ['substitutions in substitutions', `FROM scratch\nENV A=${'${A:-'.repeat(10_000)}`],
  ['patterns', `FROM scratch\nENV A=${'a'.repeat(30_000)}\n${`ENV B=\${A#${'*a'.repeat(1000)}b}\n`.repeat(400)}`],
  ['replacements', `FROM scratch\nENV A=${'a'.repeat(30_000)}\n${'ENV B=${A//a/bb}\n'.repeat(1900)}`],
  ['variables', `FROM scratch\n${numbered(1900, (index) => `ENV V${index}=${index}`)}`],
  ['variables of one instruction', `FROM scratch\nENV ${numbered(60_000, (index) => `V${index}=x \\`)}\n  z=y`],
  ['variables that are not set', `FROM scratch\n${numbered(1900, (index) => `ENV V${index}=$W${index}`)}`],
  [
    'variables that are not set, of one instruction',
    `FROM scratch\nLABEL a="${numbered(60_000, (index) => `$V${index}\\`)}"`,
  ],
  ['arguments and commands', `FROM scratch\n${numbered(950, (index) => `ARG A${index}=${index}\nRUN a`)}`],
  ['arguments before FROM', `${numbered(1900, (index) => `ARG A${index}=$A${index - 1}x`)}\nFROM scratch`],
  ['labels', `FROM scratch\n${numbered(1900, (index) => `LABEL a${index}=b`)}`],
  ['volumes', `FROM scratch\n${numbered(1900, (index) => `VOLUME /v${index}`)}`],
  ['ports', `FROM scratch\n${'EXPOSE 1-1024/udp\n'.repeat(1900)}`],
  ['too many ports', 'FROM scratch\nEXPOSE 1-65535'],
  ['commands', `FROM scratch\n${'RUN a\n'.repeat(1990)}`],
  ['words to copy', `FROM scratch\nCOPY ${megabyte('a \\\n')} /`],
  ['mounts', `FROM scratch\nRUN ${megabyte('--mount=type=tmpfs,target=/a \\\n')} a`],
  ['excludes', `FROM scratch\nCOPY ${megabyte('--exclude=a \\\n')} a b`],
  ['triggers', `FROM scratch AS a\n${'ONBUILD RUN a\n'.repeat(1900)}FROM a\n`],
  ['triggers in many stages', `FROM scratch AS a\n${'ONBUILD RUN a\n'.repeat(1900)}${'FROM a\n'.repeat(400)}`],
  ['stages', `FROM scratch AS s0\n${numbered(1900, (index) => `FROM s${index} AS s${index + 1}`)}`],
  [
    'stages with variables',
    `FROM scratch AS s0\n${numbered(1900, (index) => `ENV V${index}=a`)}\n${numbered(450, (index) => `FROM s${index} AS s${index + 1}`)}`,
  ],
  [
    'stages that copy from all',
    `${numbered(450, (index) => `FROM scratch AS s${index}`)}\n${numbered(1900, (index) => `COPY --from=s${index % 449} / /a`)}`,
  ],
  ['directories', `FROM scratch\n${'WORKDIR a\n'.repeat(1900)}`],
  ['names of stages', `FROM ${'a'.repeat(60_000)} AS ${'b'.repeat(60_000)}`],
  ['platforms', `FROM --platform=${'a/'.repeat(30_000)} x`],
])('%s', async (_, text) => {
  const options = buildOptions(new Map(), { os: 'linux', architecture: 'amd64' });
  const before = process.cpuUsage();
  await planBuild(
    { text, options, platform: null, mainContext: null, allStages: false, warn: () => {} },
    {
      resolveImage: () => Promise.reject(new Error('there is none')),
      resolveInput: async () => null,
      ignorePatterns: async () => [],
    },
  ).catch((error: unknown) => {
    assert.ok(error instanceof LanguageError, String(error instanceof Error ? error.stack : error));
  });
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(slowMs);
});
