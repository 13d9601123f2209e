// Asks a real dockerd what BuildKit makes of each context (cases.ts), and writes it to recorded.json:
//   bin/own-root node_modules/.bin/node test/runtime/build/contexts/record.ts [NAME…]
// With names, those alone are asked anew. `npx biome check --write` lays the file out.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { startDockerd } from '../../../support/dockerd.ts';
import { Buildx } from '../buildx.ts';
import { cases } from './cases.ts';
import { errorIn, imageBeside, type Recorded } from './outcome.ts';
import { savedImage } from './saved-image.ts';

await using dockerd = await startDockerd();
if (!dockerd) throw new Error('there is no dockerd');
await using buildx = await Buildx.make();
const base = await savedImage(dockerd.socket, 'busybox');
const file = new URL('recorded.json', import.meta.url);
const named = process.argv.slice(2);
const before: Readonly<Record<string, Recorded>> = JSON.parse(readFileSync(file, 'utf8'));
const recorded: Record<string, Recorded> = {};
for (const [place, { name, dockerfile, make = '', images = {}, options = [] }] of cases.entries()) {
  const known = before[name];
  if (known && named.length > 0 && !named.includes(name)) {
    recorded[name] = known;
    continue;
  }
  for (const [at, [image, text]] of Object.entries(images).entries()) {
    const context = buildx.context(`i${place}-${at}`, (folder) => writeFileSync(`${folder}/Dockerfile`, text));
    const { exitCode, stderr } = await buildx.build(dockerd.socket, context, '-t', image);
    if (exitCode !== 0) throw new Error(stderr);
  }
  const context = buildx.context(`c${place}`, (folder) => {
    writeFileSync(`${folder}/Dockerfile`, dockerfile);
    execFileSync('sh', ['-euc', `umask 022\n${make}`], { cwd: folder });
  });
  const words = options.flatMap((option) => option.split(/ (.*)/s).filter((word) => word !== ''));
  const { exitCode, stderr } = await buildx.buildIn(context, dockerd.socket, '-t', `c${place}`, ...words);
  recorded[name] =
    exitCode === 0
      ? { error: null, image: await imageBeside(base, dockerd.socket, `c${place}`) }
      : { error: errorIn(stderr), image: null };
  console.log(`${name}: ${recorded[name].error ?? 'built'}`);
}
writeFileSync(file, `${JSON.stringify(recorded, null, 1)}\n`);
