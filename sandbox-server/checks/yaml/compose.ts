// The ways that Compose lets one write a thing, taken as one: short and long forms, lists and maps, sizes and times. Applied to what a
// lesson wants and to what a student wrote alike; after that the two are compared as any data. Pure.

import { isImage } from '../image-name.ts';
import { sizeInWords } from '../sizes.ts';
import { type Comparing, isMap, plainShown, sameScalar } from './differs.ts';
import type { YamlMap, YamlValue } from './read.ts';

type Normal = (value: YamlValue) => YamlValue;

const isList = (value: YamlValue): value is readonly YamlValue[] => Array.isArray(value);
const isScalar = (value: YamlValue): value is string | number | boolean =>
  value !== null && !isMap(value) && !isList(value);
const asMap = (entries: Iterable<readonly [string, YamlValue]>): YamlMap => new Map(entries);

/** The values of some keys made normal, the others as they are. */
function withKeys(value: YamlValue, normals: Readonly<Record<string, Normal>>): YamlValue {
  if (!isMap(value)) return value;
  return asMap(
    [...value].map(([key, each]) => {
      const normal = Object.hasOwn(normals, key) ? normals[key] : undefined;
      return [key, normal === undefined || each === null ? each : normal(each)];
    }),
  );
}

const eachOf =
  (normal: Normal): Normal =>
  (value) =>
    isList(value) ? value.map(normal) : value;

const eachIn =
  (normal: Normal): Normal =>
  (value) =>
    isMap(value) ? asMap([...value].map(([key, each]) => [key, each === null ? each : normal(each)])) : value;

/** One is a list of one. */
const listOf: Normal = (value) => (isScalar(value) ? [value] : value);

/** `A=b` is `A: b`; `A` alone has no value. */
const pairs: Normal = (value) =>
  isList(value)
    ? asMap(
        value.flatMap((each) => {
          if (!isScalar(each)) return [];
          const [, name = '', text] = /^([^=]*)(?:=(.*))?$/s.exec(String(each)) ?? [];
          return [[name, text ?? null] as const];
        }),
      )
    : value;

/** A list of names is a map of them. */
const namesAsMap: Normal = (value) =>
  isList(value) ? asMap(value.flatMap((each) => (isScalar(each) ? [[String(each), null] as const] : []))) : value;

/** Words of a command as a shell would part them; quotes are taken away. */
function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^\s"'\\]))+|\s+/g)].flatMap(([whole]) =>
    whole.trim() === '' ? [] : [whole.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, '$1$2$3')],
  );
}

/** A command is one line, however it is written. */
const commandLine: Normal = (value) => {
  if (isList(value)) return value.map((each) => (isScalar(each) ? String(each) : '')).join(' ');
  return isScalar(value) ? wordsOf(String(value)).join(' ') : value;
};

/** A text is what a shell runs. */
const test: Normal = (value) => {
  if (isList(value)) return value.map((each) => (isScalar(each) ? String(each) : '')).join(' ');
  return isScalar(value) ? `CMD-SHELL ${value}` : value;
};

const units: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };
const bytes: Normal = (value) => {
  const [, digits, unit = ''] = isScalar(value)
    ? (/^(\d+(?:\.\d+)?)\s*(?:([bkmgt])(?:i?b)?)?$/i.exec(String(value)) ?? [])
    : [];
  return digits === undefined ? value : Number(digits) * (units[unit.toLowerCase()] ?? 1);
};

const milliseconds: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** `1m30s` is `90 s`. */
const duration: Normal = (value) => {
  const text = isScalar(value) ? String(value) : '';
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(text)) return value;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g);
  const sum = [...parts].reduce((ms, [, number, unit = 's']) => ms + Number(number) * (milliseconds[unit] ?? 0), 0);
  return `${sum / 1000} s`;
};

const place = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path);

/** `127.0.0.1:8080:80/tcp` as the long form has it. */
const port: Normal = (value) => {
  if (isMap(value)) return asMap([['protocol', 'tcp'], ...value]);
  const [, address, published, target, protocol = 'tcp'] =
    /^(?:(?:(\[[^\]]*\]|[^:]+):)?([^:]*):)?([^:/]+)(?:\/(\w+))?$/.exec(isScalar(value) ? String(value) : '') ?? [];
  if (target === undefined) return value;
  return asMap([
    ...(address === undefined ? [] : [['host_ip', address.replace(/^\[|\]$/g, '')] as const]),
    ...(published === undefined || published === '' ? [] : [['published', published] as const]),
    ['target', target],
    ['protocol', protocol],
  ]);
};

/** `pgdata:/data:ro` as the long form has it. Where neither `ro` nor `rw` is said, a file means `rw`, and a lesson either. */
const mountOf =
  (isWanted: boolean): Normal =>
  (value) => {
    const writable = isWanted ? [] : [['read_only', false] as const];
    if (isMap(value)) {
      const source = value.get('source');
      const told = typeof source === 'string' ? [['source', place(source)] as const] : [];
      return asMap([...writable, ...value, ...told]);
    }
    if (!isScalar(value)) return value;
    const [source = '', target, mode] = String(value).split(':');
    if (target === undefined)
      return asMap([
        ['type', 'volume'],
        ['target', source],
      ]);
    const modes = (mode ?? '').split(',');
    return asMap([
      ['type', /^[./~]/.test(source) ? 'bind' : 'volume'],
      ['source', place(source)],
      ['target', place(target)],
      ...(modes.includes('ro') ? [['read_only', true] as const] : []),
      ...(modes.includes('rw') ? [['read_only', false] as const] : []),
      ...(modes.includes('ro') || modes.includes('rw') ? [] : writable),
    ]);
  };

const build: Normal = (value) =>
  withKeys(isScalar(value) ? asMap([['context', value]]) : value, {
    context: (context) => (isScalar(context) ? place(String(context)) : context),
    args: pairs,
    labels: pairs,
  });

const healthcheck: Normal = (value) =>
  withKeys(value, { test, interval: duration, timeout: duration, start_period: duration, start_interval: duration });

const resources = eachIn((value) => withKeys(value, { memory: bytes }));

/** Keys of sizes, wherever they stand. */
const sizes: Readonly<Record<string, Normal>> = {
  mem_limit: bytes,
  mem_reservation: bytes,
  memswap_limit: bytes,
  shm_size: bytes,
  memory: bytes,
};

const serviceOf = (isWanted: boolean): Normal => {
  const normals: Readonly<Record<string, Normal>> = {
    ...sizes,
    build,
    command: commandLine,
    entrypoint: commandLine,
    environment: pairs,
    labels: pairs,
    annotations: pairs,
    sysctls: pairs,
    ports: eachOf(port),
    volumes: eachOf(mountOf(isWanted)),
    depends_on: namesAsMap,
    networks: namesAsMap,
    env_file: listOf,
    dns: listOf,
    dns_search: listOf,
    tmpfs: listOf,
    healthcheck,
    stop_grace_period: duration,
    deploy: (deploy) => withKeys(deploy, { labels: pairs, resources }),
  };
  return (value) => withKeys(value, normals);
};

const noun = eachIn((value) => withKeys(value, { labels: pairs }));

const fileOf = (isWanted: boolean): Normal => {
  const services = eachIn(serviceOf(isWanted));
  return (value) => withKeys(value, { services, volumes: noun, networks: noun });
};

/** What a lesson wants of a file. */
export const composeWanted = fileOf(true);
/** What a student's file says. */
export const composeSaid = fileOf(false);

/** A port, mount or size as one writes it. */
function short(path: readonly string[], value: YamlValue): string | null {
  if (typeof value === 'number' && Object.hasOwn(sizes, path.at(-1) ?? '')) return sizeInWords(value);
  if (path.length !== 3 || path[0] !== 'services' || !isMap(value)) return null;
  const text = (key: string): string => {
    const found = value.get(key);
    return found === undefined || found === null || isMap(found) || isList(found) ? '' : String(found);
  };
  if (path[2] === 'ports') {
    const address = text('host_ip') === '' ? '' : `${text('host_ip')}:`;
    const protocol = ['', 'tcp'].includes(text('protocol')) ? '' : `/${text('protocol')}`;
    return `${address}${text('published') === '' ? '' : `${text('published')}:`}${text('target')}${protocol}`;
  }
  if (path[2] !== 'volumes') return null;
  const source = text('source') === '' ? '' : `${text('source')}:`;
  return `${source}${text('target')}${text('read_only') === 'true' ? ':ro' : ''}`;
}

export const composeComparing: Comparing = {
  same: (path, wanted, has) =>
    path.length === 3 && path[0] === 'services' && path[2] === 'image' ? isImage(wanted, has) : sameScalar(wanted, has),
  shown: (path, value) => plainShown(short(path, value) ?? value),
};
