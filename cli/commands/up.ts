// `drydock up`: runs Drydock in the foreground until Ctrl-C or `drydock down`.

import { refuseUnfitMachine } from '../doctor/doctor.ts';
import { loadSettings } from '../load-settings.ts';
import { supervise } from '../supervisor/supervisor.ts';

export async function up(options: { readonly verbose: boolean }): Promise<void> {
  const { settings, warnings } = loadSettings(process.env);
  for (const warning of warnings) console.error(`drydock: ${warning}`);
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
