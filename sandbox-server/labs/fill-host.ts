// Puts into a host what a lab has in it from the start: images in its list, files in its home directory.

import type { EngineClient } from '@drydock/runtime';
import { kindOf } from '../errors.ts';
import { imagePullMs } from '../limits.ts';
import type { Lesson } from './lessons.ts';
import { type WaitOptions, waitForImage } from './wait-for-image.ts';

/** The parts of the engine that are needed here. */
export type FillingEngine = Pick<EngineClient, 'run' | 'status' | 'makeDirectory' | 'writeFile'>;

/** Waits as long as it takes for an image that is still being built. The pull starts the build, if nothing else has. */
async function pull(engine: FillingEngine, host: string, image: string, options: WaitOptions): Promise<void> {
  const argv = ['/usr/bin/docker', 'pull', '--quiet', image];
  let inVain = 0;
  while (options.isThere()) {
    const { exitCode, stderr, timedOut } = await engine.run(host, { argv, timeoutMs: imagePullMs });
    if (exitCode === 0) return;
    if (!timedOut) throw new Error(`pull ${image} for the lab: ${stderr.trim().slice(0, 500)}`);
    // Once may be an image that was finished between the two.
    inVain = (await waitForImage(engine, image, options)) ? 0 : inVain + 1;
    if (inVain > 1) throw new Error(`pull ${image} for the lab: not done in ${imagePullMs / 1000} s`);
  }
}

/** The folders above a path, the outermost first. */
function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, place) => parts.slice(0, place + 1).join('/'));
}

/**
 * `host` is the engine's name, `labHost` the lab's. A file that is there is replaced; doing it twice does no harm. Throws what
 * the engine throws, and Error where an image cannot be had. Returns early if nobody waits for it any more.
 */
export async function fillHost(
  engine: FillingEngine,
  host: string,
  labHost: string,
  { lab, files }: Pick<Lesson, 'lab' | 'files'>,
  options: WaitOptions,
): Promise<void> {
  await Promise.all(lab.images.map((image) => pull(engine, host, image, options)));
  const those = files.get(labHost) ?? [];
  for (const folder of new Set(those.flatMap(({ path }) => foldersAbove(path)))) {
    try {
      await engine.makeDirectory(host, folder);
    } catch (error) {
      if (kindOf(error) !== 'conflict') throw error;
    }
  }
  for (const { path, bytes, executable } of those) await engine.writeFile(host, path, bytes, { executable });
}
