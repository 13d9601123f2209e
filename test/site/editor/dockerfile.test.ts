// What the editor says of a Dockerfile, and which language it takes a file for.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { dockerfileProblems, instructionOf, instructions } from '../../../site/src/client/editor/dockerfile-hints.ts';
import { isCompose, languageOf } from '../../../site/src/client/editor/languages.ts';

test('a good Dockerfile has no problems; the examples of the hints are good', () => {
  assert.deepEqual(dockerfileProblems('FROM debian:13\nRUN echo hi\nCMD ["sh"]\n'), []);
  for (const { name, example } of instructions) {
    const file = name === 'FROM' ? example : `FROM debian:13\n${example}\n`;
    assert.deepEqual(dockerfileProblems(file), [], name);
  }
});

test('an instruction that does not exist is told where it stands', () => {
  const [problem] = dockerfileProblems('FROM debian:13\nRUM echo hi\n');
  assert.deepEqual([problem?.start.line, problem?.isError], [1, true]);
  assert.match(problem?.message ?? '', /RUM/);
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
