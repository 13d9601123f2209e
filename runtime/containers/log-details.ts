// `docker logs --details`: labels and variables of the container that its log options name, as moby's driver json-file keeps them,
// but for regular expressions and tags.

import { maxLogDetailsLength } from '../limits.ts';
import type { Container } from './container.ts';

/** Go's `url.QueryEscape`. */
function escaped(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** `A=1,B=2`, which stands before each message; empty where the options `labels` and `env` name nothing that there is. */
export function logDetails({ record: { config, hostConfig } }: Container): string {
  const { labels = '', env = '' } = hostConfig.LogConfig.Config;
  const variables = new Map(
    (config.Env ?? []).map((each): [string, string] => {
      const equals = each.indexOf('=');
      return equals < 0 ? [each, ''] : [each.slice(0, equals), each.slice(equals + 1)];
    }),
  );
  const details = new Map<string, string>();
  for (const key of labels.split(','))
    if (Object.hasOwn(config.Labels, key)) details.set(key, config.Labels[key] ?? '');
  for (const key of env.split(',')) if (variables.has(key)) details.set(key, variables.get(key) ?? '');
  return [...details]
    .map(([key, value]) => `${escaped(key)}=${escaped(value)}`)
    .sort()
    .join(',')
    .slice(0, maxLogDetailsLength);
}
