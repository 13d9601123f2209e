// A Drydock as `drydock lab test` has it, in a place of this test run's.

import path from 'node:path';
import { startOwnDrydock } from '../../cli/lab/own-drydock.ts';
import type { Place } from '../../cli/lab/student.ts';
import { loadSettings } from '../../cli/load-settings.ts';
import { makeInstance } from '../support/instance.ts';
import { copyTemplate } from '../support/store-template.ts';

/** Disposing ends it. `site` puts pages into its folder; without it there is one that says nothing. */
export async function drydockFor(
  lessonsFolder: string,
  site?: (folder: string) => Promise<void>,
): Promise<Place & AsyncDisposable> {
  const instance = await makeInstance();
  const { settings } = loadSettings({ DRYDOCK_CONFIG: '/dev/null', DRYDOCK_CACHE: instance.cache });
  const { name, folder, uidBase } = instance;
  await copyTemplate(path.join(folder, 'data'), 'all');
  try {
    const place = { instance: name, folder, uidBase };
    const drydock = await startOwnDrydock({ settings, lessonsFolder, place, ...(site ? { site } : {}) });
    return {
      url: drydock.url,
      origin: drydock.origin,
      async [Symbol.asyncDispose]() {
        await drydock[Symbol.asyncDispose]();
        await instance[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await instance[Symbol.asyncDispose]();
    throw error;
  }
}
