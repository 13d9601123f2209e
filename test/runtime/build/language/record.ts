// Asks a real dockerd what BuildKit says of each case (cases.ts), and writes it to fixtures/recorded.json:
//   bin/own-root node_modules/.bin/node test/runtime/build/language/record.ts

import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { startDockerd } from '../../../support/dockerd.ts';
import { type Case, cases } from './cases.ts';
import type { Recorded, RecordedImage } from './recorded.ts';

const run = promisify(execFile);

/** A step is told more than once; what is not in the plan is left out. */
const outside = /^(exporting |\[internal\] load (build definition|\.dockerignore|build context)|\[auth\])/;

interface Progress {
  readonly vertexes?: readonly { readonly name: string }[];
  readonly warnings?: readonly {
    readonly short: string;
    readonly detail?: readonly string[];
    readonly url?: string;
    readonly range?: readonly { readonly start: { readonly line: number } }[];
  }[];
}

const flags: Readonly<Record<string, string>> = {
  'build-arg': '--build-arg',
  label: '--label',
  context: '--build-context',
};

function argumentsOf({ attributes = {} }: Case, folder: string): string[] {
  return Object.entries(attributes).flatMap(([key, value]) => {
    if (key === 'target') return ['--target', value];
    const [kind = '', name = ''] = key.split(/:(.*)/s);
    const flag = flags[kind];
    if (!flag) throw new Error(`no flag for ${key}`);
    return [flag, `${name}=${value === 'local:.' ? folder : value}`];
  });
}

class Recorder {
  readonly #env: NodeJS.ProcessEnv;
  readonly #docker: string;
  readonly #folder: string;

  constructor(socket: string, folder: string, root: string) {
    this.#folder = folder;
    this.#docker = `${root}/usr/bin/docker`;
    this.#env = { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: path.join(folder, 'config') };
  }

  async image(name: string): Promise<RecordedImage> {
    const file = path.join(this.#folder, 'image.tar');
    await run(this.#docker, ['save', '--output', file, name], { env: this.#env });
    const read = async (entry: string) => JSON.parse((await run('tar', ['-xOf', file, entry])).stdout);
    const [manifest] = await read('manifest.json');
    const { created: _created, rootfs, ...document } = await read(manifest.Config);
    // When it was built, and what its layers are, is the executor's.
    const history = document.history.map(({ created, ...entry }: { created?: string }) => ({
      ...(created?.startsWith('1970') && { created }),
      ...entry,
    }));
    return { ...document, history, rootfs: { type: rootfs.type, diff_ids: rootfs.diff_ids.slice(0, 1) } };
  }

  async record(one: Case): Promise<Recorded> {
    const context = path.join(this.#folder, 'context');
    await rm(context, { recursive: true, force: true });
    for (const [name, content] of Object.entries({ ...one.files, Dockerfile: one.dockerfile })) {
      await mkdir(path.dirname(path.join(context, name)), { recursive: true });
      await writeFile(path.join(context, name), content);
    }
    const tag = one.tag ?? 'recorded:1';
    const words = ['buildx', 'build', '--progress=rawjson', '--tag', tag, ...argumentsOf(one, context), context];
    const env = this.#env;
    const { failed, stderr } = await run(this.#docker, words, { env, maxBuffer: 1 << 26 }).then(
      (output) => ({ failed: false, stderr: output.stderr }),
      (error: { stderr?: string }) => ({ failed: true, stderr: error.stderr ?? '' }),
    );
    const told = stderr.split('\n');
    const progress: Progress[] = told.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    const said = told.filter((line) => !line.startsWith('{')).join('\n');
    const [excerpt = '', error = ''] = said.split(/^ERROR: failed to build: failed to solve: /m);
    const steps = progress.flatMap(({ vertexes = [] }) => vertexes.map(({ name }) => name));
    return {
      name: one.name,
      error: failed ? error.trimEnd() : null,
      excerpt: failed ? excerpt : '',
      warnings: progress
        .flatMap(({ warnings = [] }) => warnings)
        .map(({ short, detail = [], url = '', range = [] }) => ({
          short: Buffer.from(short, 'base64').toString(),
          detail: Buffer.from(detail[0] ?? '', 'base64').toString(),
          url,
          lines: range.map(({ start }) => start.line),
        }))
        .toSorted((a, b) => (a.short < b.short ? -1 : 1)),
      steps: [...new Set(steps)].filter((name) => !outside.test(name)).toSorted(),
      image: failed ? null : await this.image(tag),
    };
  }
}

await using dockerd = await startDockerd();
if (!dockerd) throw new Error('there is no dockerd');
const folder = await mkdtemp('/tmp/record-');
try {
  const [plugin = ''] = globSync(['/opt/dockerd*/usr/libexec/docker/cli-plugins', '/usr/libexec/docker/cli-plugins']);
  await mkdir(path.join(folder, 'config'));
  await writeFile(path.join(folder, 'config/config.json'), JSON.stringify({ cliPluginsExtraDirs: [plugin] }));
  const recorder = new Recorder(dockerd.socket, folder, plugin.replace('/usr/libexec/docker/cli-plugins', ''));
  const busybox = await recorder.image('busybox');
  const only = process.argv[2];
  const recorded: Recorded[] = [];
  for (const one of cases) if (!only || one.name === only || one.tag) recorded.push(await recorder.record(one));
  const output = JSON.stringify({ busybox, recorded }, null, 1);
  if (only) console.log(output);
  else await writeFile(new URL('fixtures/recorded.json', import.meta.url), `${output}\n`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
