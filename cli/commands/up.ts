// `drydock up`: runs Drydock in the foreground until Ctrl-C or `drydock down`.

import { EngineError, mirrorsOf } from '@drydock/runtime';
import { refuseUnfitMachine } from '../doctor/doctor.ts';
import { Failure } from '../failure.ts';
import { loadSettings } from '../load-settings.ts';
import type { Settings } from '../settings.ts';
import { supervise } from '../supervisor/supervisor.ts';

/** The engine reads them when it starts; here they are told in words. Throws Failure. */
function checkMirrors({ upstream, mirrors }: Settings): void {
  try {
    mirrorsOf(upstream, mirrors ?? '');
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new Failure(`DRYDOCK_MIRRORS: ${error.message}.`, { cause: error });
  }
}

export async function up(options: { readonly verbose: boolean }): Promise<void> {
  const { settings, warnings } = loadSettings(process.env);
  for (const warning of warnings) console.error(`drydock: ${warning}`);
  checkMirrors(settings);
  // The server's user reads what we make in the clone: the site.
  process.umask(0o022);
  for (const warning of await refuseUnfitMachine(settings)) console.error(`drydock: ${warning}`);

  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending.signal.aborted) console.error('drydock: It is stopping already.');
      ending.abort();
    });
  }
  await supervise(
    {
      settings,
      verbose: options.verbose,
      onReady: (url) => console.log(`Drydock is ready at ${url}`),
      onNotice: (sentence) => console.error(`drydock: ${sentence}`),
    },
    ending.signal,
  );
}
