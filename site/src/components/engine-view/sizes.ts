/** Numbers as the pictures say them. */

/** Of files and images, as `docker images` counts: `61 MB`, `2.1 kB`, `3 B`. */
export function diskSize(bytes: number): string {
  return scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB']);
}

/** Of memory, in units of 1024 as limits are given: `38 MB`. */
export function memorySize(bytes: number): string {
  return scaled(bytes, 1024, ['B', 'KB', 'MB', 'GB', 'TB']);
}

/** `38 of 512 MB`, or with both units where they differ. */
export function memoryOf(usedBytes: number, limitBytes: number): string {
  const limit = memorySize(limitBytes);
  const used = memorySize(usedBytes);
  const [number = '', unit = ''] = used.split(' ');
  return `${limit.endsWith(` ${unit}`) ? number : used} of ${limit}`;
}

/** `40 ms`, `1.5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

/** `just now`, `4 s ago`, `3 min ago`, `2 h ago`, `5 days ago`. Clocks differ a little: what is to come is now. */
export function ago(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}

/** `1 file`, `2 files`. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

function scaled(bytes: number, step: number, units: readonly string[]): string {
  let [value, unit] = [Math.max(0, bytes), 0];
  while (value >= step * 0.9995 && unit < units.length - 1) {
    value /= step;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${units[unit]}`;
}
