// Asks a real dockerd what it answers to `docker build --call=check` (check-cases.ts), and writes it to fixtures/checks.json:
//   bin/own-root node_modules/.bin/node test/runtime/build/language/record-checks.ts
// `npx biome check --write` lays the file out.

import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { startDockerd } from '../../../support/dockerd.ts';
import { checkCases } from './check-cases.ts';

await using dockerd = await startDockerd();
if (!dockerd) throw new Error('there is no dockerd');
const folder = await mkdtemp('/tmp/record-');
const [plugins = ''] = globSync(['/opt/dockerd*/usr/libexec/docker/cli-plugins', '/usr/libexec/docker/cli-plugins']);
const env = { ...process.env, DOCKER_HOST: `unix://${dockerd.socket}`, DOCKER_CONFIG: `${folder}/config` };
const docker = `${plugins.replace('/usr/libexec/docker/cli-plugins', '')}/usr/bin/docker`;

/** What it prints, also where it fails for what it has found. */
const asked = (words: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  new Promise((resolve) => execFile(docker, words, { env }, (_error, stdout, stderr) => resolve({ stdout, stderr })));

try {
  await mkdir(`${folder}/config`);
  await writeFile(`${folder}/config/config.json`, JSON.stringify({ cliPluginsExtraDirs: [plugins] }));
  const recorded: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(checkCases)) {
    const one = typeof given === 'string' ? { dockerfile: given } : given;
    const context = `${folder}/context`;
    await rm(context, { recursive: true, force: true });
    await mkdir(context);
    await writeFile(`${context}/Dockerfile`, one.dockerfile);
    if (one.ignored !== undefined) await writeFile(`${context}/.dockerignore`, one.ignored);
    const set = Object.entries(one.arguments ?? {}).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
    const { stdout, stderr } = await asked(['build', '--call=check,format=json', ...set, context]);
    try {
      const { warnings, buildError } = JSON.parse(stdout);
      recorded[name] = { warnings, ...(buildError && { buildError }) };
      console.log(`${name}: ${(warnings ?? []).length}${buildError ? `, ${buildError.message}` : ''}`);
    } catch {
      console.error(`${name}: ${stdout}${stderr}`);
    }
  }
  await writeFile(new URL('fixtures/checks.json', import.meta.url), `${JSON.stringify(recorded, null, 1)}\n`);
} finally {
  await rm(folder, { recursive: true });
}
