// `drydock settings`: the table of all settings, with what they are here and what they mean.

import { loadSettings } from '../load-settings.ts';
import { type Definition, definitions, type SettingName } from '../settings.ts';
import { formatTable } from '../table.ts';

export function settings(options: { readonly json: boolean }): void {
  const { settings: all, sources, warnings } = loadSettings(process.env);
  for (const warning of warnings) console.error(`drydock: ${warning}`);
  const entries = Object.entries(definitions) as [SettingName, Definition][];
  if (options.json) {
    const list = entries.map(([name, { variable, fallback, otherwise, meaning }]) => ({
      name: variable,
      ...sources[name],
      default: fallback || otherwise,
      meaning,
    }));
    console.log(JSON.stringify(list, null, 2));
    return;
  }
  const rows = entries.map(([name, { variable, fallback, otherwise = '', meaning }]) => [
    ...[variable, sources[name].value || String(all[name] ?? otherwise), fallback || otherwise, meaning],
  ]);
  console.log(formatTable([['name', 'value', 'default', 'meaning'], ...rows]));
  console.log(
    '\nSet them in the environment, or as NAME=VALUE lines in /etc/drydock.conf or the file DRYDOCK_CONFIG names.',
  );
}
