// Contexts as a student builds them: the same files, owners, modes, configuration and history that a real dockerd's BuildKit made of
// them, or the same error.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost } from '../../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../../support/engine.ts';
import { expect } from '../../api/exchange.ts';
import type { Case } from './case.ts';
import { cases } from './cases.ts';
import { errorIn, imageBeside, type Recorded } from './outcome.ts';
import { type SavedImage, savedImage } from './saved-image.ts';

const recorded: Readonly<Record<string, Recorded>> = JSON.parse(
  readFileSync(new URL('recorded.json', import.meta.url), 'utf8'),
);

let engine: TestEngine;
let socket: string;
let base: SavedImage;

beforeAll(async () => {
  engine = await startEngine();
  socket = (await createDockerHost(engine, 'dev')).socket;
  base = await savedImage(socket, 'busybox');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** As who can make and read files of any owner and mode. */
const asRoot = (script: string) =>
  engine.client.run('dev', { argv: ['sh', '-c', `cd; ${script}`], user: 'root', timeoutMs: 60_000 });

const heredoc = (text: string): string => `cat <<'END OF IT' >Dockerfile\n${text}END OF IT\n`;

test.each(cases.map((one, place) => ({ ...one, place })))('$name', async (one) => {
  const expected = recorded[one.name];
  assert.ok(expected, 'nothing is recorded of it');
  const tag = `c${one.place}`;
  const made = await asRoot(`mkdir ${tag} && cd ${tag} && umask 022 && ${heredoc(one.dockerfile)}${one.make ?? ''}`);
  assert.equal(made.exitCode, 0, made.stderr);
  for (const [name, dockerfile] of Object.entries(one.images ?? {})) {
    const { exitCode, stderr } = await asRoot(`docker build -q -t ${name} - <<'END OF IT'\n${dockerfile}END OF IT\n`);
    assert.equal(exitCode, 0, stderr);
  }
  const { exitCode, stderr } = await build(one, tag);
  assert.equal(exitCode === 0 ? null : errorIn(stderr), expected.error);
  if (exitCode !== 0) return;
  assert.deepEqual(await imageBeside(base, socket, tag), expected.image);
  // A host has room for fewer images than there are cases.
  await expect(socket, `DELETE /images/${tag}`, 200);
});

const build = ({ options = [] }: Case, tag: string) =>
  asRoot(`cd ${tag} && docker build --progress=plain ${options.join(' ')} -t ${tag} .`);
