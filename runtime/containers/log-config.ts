// What `--log-driver` and `--log-opt` ask for. Whatever the driver, conmon writes one file; when that has its size, it begins anew.

import { EngineError } from '../errors.ts';
import { maxLogBytes } from '../limits.ts';

export interface LogConfig {
  readonly Type: 'json-file' | 'local' | 'none';
  /** As it was sent. */
  readonly Config: Readonly<Record<string, string>>;
}

export const logDrivers = ['json-file', 'local', 'none'] as const;

/** What is for other readers of the files than `docker logs` is taken, and does nothing. */
const sizes = ['max-file', 'max-size', 'compress', 'mode', 'max-buffer-size'];
const labels = ['labels', 'labels-regex', 'env', 'env-regex', 'tag'];
const options: Readonly<Record<LogConfig['Type'], readonly string[] | null>> = {
  'json-file': [...sizes, ...labels],
  local: sizes,
  none: null,
};

const invalid = (message: string) => new EngineError('invalid', message);

/** Throws invalid in moby's words. */
export function checkedLogConfig(type: string, config: Readonly<Record<string, string>>): LogConfig {
  const Type = logDrivers.find((each) => each === (type || 'json-file'));
  const shown = type.slice(0, 80);
  if (!Type) throw invalid(`error looking up logging plugin ${shown}: plugin "${shown}" not found`);
  for (const name of Object.keys(config)) {
    if (options[Type]?.includes(name) ?? true) continue;
    const option = name.slice(0, 80);
    throw invalid(
      Type === 'local'
        ? `unknown log opt '${option}' for log driver local`
        : `unknown log opt '${option}' for json-file log driver`,
    );
  }
  const { mode, 'max-size': size, 'max-file': files } = config;
  if (Type !== 'none') {
    if (mode !== undefined && !['', 'blocking', 'non-blocking'].includes(mode))
      throw invalid(`logger: logging mode not supported: ${mode.slice(0, 80)}`);
    if (size !== undefined) bytesOf(size);
    if (files !== undefined && !/^[+-]?\d{1,9}$/.test(files))
      throw invalid(`strconv.Atoi: parsing ${JSON.stringify(files.slice(0, 80))}: invalid syntax`);
    if (files !== undefined && Number(files) < 1) throw invalid('max-file cannot be less than 1');
  }
  return { Type, Config: config };
}

const unitBytes: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** As docker/go-units reads a size for people. Throws invalid. */
function bytesOf(size: string): number {
  const [, number, unit = ''] = /^(\d{1,9}(?:\.\d{1,9})?) ?([kmgt]?)i?b?$/i.exec(size) ?? [];
  const bytes = number === undefined ? 0 : Number(number) * (unitBytes[unit.toLowerCase()] ?? 1);
  if (number === undefined) throw invalid(`invalid size: '${size.slice(0, 80)}'`);
  return Math.floor(bytes);
}

/** Two of the longest lines. */
const leastLogBytes = 16 * 1024;

/** How large the file may become: as large as all files that were asked for together, but never more than any log. */
export function logBytesOf({ Config }: LogConfig): number {
  const { 'max-size': size, 'max-file': files = '1' } = Config;
  if (size === undefined) return maxLogBytes;
  return Math.min(maxLogBytes, Math.max(leastLogBytes, bytesOf(size) * Number(files)));
}
