// Puts into a host what a lab has in it from the start: images in its list, files in its home directory.

import type { EngineClient } from '@drydock/runtime';
import { kindOf } from '../errors.ts';
import { imagePullMs } from '../limits.ts';
import type { Lesson } from './lessons.ts';

async function pull(engine: EngineClient, host: string, image: string): Promise<void> {
  const argv = ['/usr/bin/docker', 'pull', '--quiet', image];
  const { exitCode, stderr, timedOut } = await engine.run(host, { argv, timeoutMs: imagePullMs });
  if (exitCode === 0) return;
  const why = timedOut ? `not done in ${imagePullMs / 1000} s` : stderr.trim().slice(0, 500);
  throw new Error(`pull ${image} for the lab: ${why}`);
}

/** The folders above a path, the outermost first. */
function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, place) => parts.slice(0, place + 1).join('/'));
}

/**
 * `host` is the engine's name, `labHost` the lab's. A file that is there is replaced; doing it twice does no harm. Throws what
 * the engine throws, and Error where an image cannot be had.
 */
export async function fillHost(
  engine: EngineClient,
  host: string,
  labHost: string,
  { lab, files }: Lesson,
): Promise<void> {
  await Promise.all(lab.images.map((image) => pull(engine, host, image)));
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
