// The HEALTHCHECK of a Dockerfile, also in `docker commit --change` and `docker import --change`.

import { EngineError } from '../errors.ts';
import { checkedHealthConfig, type HealthConfig } from './health-config.ts';

const times: Readonly<Record<string, keyof HealthConfig>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

/** `rest`: what follows the instruction's name. `line`: all of it, for what is thrown: invalid. */
export function parseHealthcheck(rest: string, line: string): HealthConfig {
  const wrong = (what: string) => new EngineError('invalid', `${line}: ${what}`);
  const options: Record<string, number> = {};
  let text = rest;
  for (let flag = nextFlag(text); flag; flag = nextFlag(text)) {
    const [all, name = '', value = ''] = flag;
    text = text.slice(all.length);
    if (name === 'retries' && /^\d{1,9}$/.test(value)) options.Retries = Number(value);
    else {
      const key = times[name];
      const time = goDurationNs(value);
      if (!key) throw wrong(`unknown flag: --${name}`);
      if (time === null) throw wrong(`"${value}" is no time such as 1m30s`);
      options[key] = time;
    }
  }
  const [, kind = '', command = ''] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  if (kind.toUpperCase() === 'NONE') return { Test: ['NONE'] };
  if (kind.toUpperCase() !== 'CMD') throw wrong(`Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`);
  if (command === '') throw wrong('Missing command after HEALTHCHECK CMD');
  return checkedHealthConfig({ ...options, Test: testOf(command) });
}

const nextFlag = (text: string): RegExpExecArray | null => /^--([a-z-]+)=(\S*)\s*/.exec(text);

function testOf(command: string): string[] {
  try {
    const words: unknown = JSON.parse(command);
    if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return ['CMD', ...words];
  } catch {
    // a line for the shell
  }
  return ['CMD-SHELL', command];
}

const unitNs: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** `1m30s`, `500ms`, `0`; null where it is none. */
function goDurationNs(text: string): number | null {
  if (text === '0') return 0;
  if (!/^(\d{1,9}(\.\d{1,9})?(ns|us|ms|s|m|h))+$/.test(text)) return null;
  const parts = text.matchAll(/([\d.]+)([a-z]+)/g);
  return Math.round([...parts].reduce((sum, [, number, unit = '']) => sum + Number(number) * (unitNs[unit] ?? 0), 0));
}
