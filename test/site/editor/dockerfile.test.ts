// What the editor says of a Dockerfile, and which language it takes a file for.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { rules } from '../../../runtime/dockerfile.ts';
import { instructionOf, instructions, offersAt } from '../../../site/src/client/editor/dockerfile-hints.ts';
import { dockerfileProblems } from '../../../site/src/client/editor/dockerfile-problems.ts';
import { isCompose, languageOf } from '../../../site/src/client/editor/languages.ts';
import { dockerfileRules } from '../../../site/src/dockerfile-rules.ts';

test('a good Dockerfile has no problems; the examples of the hints are good', async () => {
  assert.deepEqual(await dockerfileProblems('FROM debian:13\nRUN echo hi\nCMD ["sh"]\n'), []);
  assert.deepEqual(await dockerfileProblems('\n'), []);
  for (const { name, example } of instructions) {
    const file = name === 'FROM' ? example : `FROM debian:13\n${example}\n`;
    assert.deepEqual(await dockerfileProblems(file), [], name);
  }
});

test('what cannot be built is told where it stands, in the builder’s words', async () => {
  assert.deepEqual(await dockerfileProblems('FROM debian:13\nRUM echo hi\n'), [
    { line: 2, lastLine: 2, rule: null, message: 'unknown instruction: RUM (did you mean RUN?)' },
  ]);
  const [circle] = await dockerfileProblems('FROM a AS b\nCOPY --from=c x y\nFROM a AS c\nCOPY --from=b x y\n');
  assert.match(circle?.message ?? '', /circular dependency/);
});

test('rules have BuildKit’s names, our sentences, and the lines of the whole instruction', async () => {
  const text = 'FROM debian:13\nRUN a && \\\n  b\nENV API_TOKEN=x\nCMD node \\\n  server.js\n';
  const problems = await dockerfileProblems(text);
  assert.deepEqual(
    problems.map(({ rule, line, lastLine }) => [rule, line, lastLine]),
    [
      ['SecretsUsedInArgOrEnv', 4, 4],
      ['JSONArgsRecommended', 5, 6],
    ],
  );
  assert.match(problems[0]?.message ?? '', /"API_TOKEN".*\n.*secret mount/s);
});

test('every rule of the builder is explained, and each example breaks the rule until it is mended', async () => {
  assert.deepEqual(dockerfileRules.map(({ name }) => name).sort(), Object.keys(rules).sort());
  const hangsOnMore = ['UndefinedVar', 'InvalidBaseImagePlatform', 'CopyIgnoredFile', 'InvalidDefinitionDescription'];
  for (const { name, before, after } of dockerfileRules) {
    const broken = async (text: string) => {
      const found = await dockerfileProblems(
        /^\s*(#.*\n)?(ARG .*\n)?FROM/.test(text) ? text : `FROM debian:13\n${text}`,
      );
      // Without the argument that is missing there is no image.
      const builds = found.every(({ rule }) => rule !== null) || name === 'InvalidDefaultArgInFrom';
      assert.ok(builds, `${name}: ${text}: ${JSON.stringify(found)}`);
      return found.some(({ rule }) => rule === name);
    };
    assert.equal(await broken(after), false, `${name}: ${after}`);
    assert.equal(await broken(before), !hangsOnMore.includes(name), `${name}: ${before}`);
  }
});

test('flags of an instruction and names of stages are offered where they may stand', () => {
  const text = 'FROM node AS build\nRUN x\nFROM nginx\nCOPY --from=';
  const labels = (line: number, before: string) => offersAt(text, line, before).map(({ label }) => label);
  assert.deepEqual(labels(3, 'COPY --from='), ['build']);
  assert.deepEqual(labels(2, 'FROM '), ['build']);
  assert.ok(labels(1, 'RUN --m').includes('--mount=type=cache'));
  assert.deepEqual(labels(1, 'RUN echo '), []);
  assert.deepEqual(labels(0, '# --'), []);
});

test('an instruction is known in whatever case it is written', () => {
  assert.equal(instructionOf('  copy a b')?.instruction.name, 'COPY');
  assert.equal(instructionOf('# COPY'), undefined);
});

test('files are known by their names', () => {
  assert.equal(languageOf('app/Dockerfile'), 'dockerfile');
  assert.equal(languageOf('Dockerfile.prod'), 'dockerfile');
  assert.equal(languageOf('a/compose.yaml'), 'yaml');
  assert.equal(languageOf('run.sh'), 'shell');
  assert.equal(languageOf('notes'), 'plaintext');
  for (const name of ['compose.yaml', 'app/docker-compose.yml', 'compose.prod.yaml']) assert.ok(isCompose(name), name);
  for (const name of ['decompose.yaml', 'compose.json', 'compose/a.yaml']) assert.ok(!isCompose(name), name);
});
