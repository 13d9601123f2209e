// A Drydock as `drydock lab test` has it, in a place of this test run's.

import { startOwnDrydock } from '../../cli/lab/own-drydock.ts';
import type { Place } from '../../cli/lab/student.ts';
import { loadSettings } from '../../cli/load-settings.ts';
import { makeInstance } from '../support/instance.ts';

/** Disposing ends it. */
export async function drydockFor(lessonsFolder: string): Promise<Place & AsyncDisposable> {
  const instance = await makeInstance();
  const { settings } = loadSettings({ DRYDOCK_CONFIG: '/dev/null', DRYDOCK_CACHE: instance.cache });
  const { name, folder, uidBase } = instance;
  try {
    const drydock = await startOwnDrydock({ settings, lessonsFolder, place: { instance: name, folder, uidBase } });
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
