// Sizes as `docker run --memory` has them: `64m` is 64 times 1,048,576 bytes.

const units: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `none` is 0; NaN if it is not a size. */
export function bytesOf(size: string): number {
  if (size === 'none') return 0;
  const [, digits, unit = ''] = /^(\d+)([bkmg]?)$/.exec(size) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * (units[unit] ?? Number.NaN);
}

/** The largest unit in which it is a whole number. */
export function sizeInWords(bytes: number): string {
  for (const unit of ['g', 'm', 'k']) {
    const one = units[unit] ?? 1;
    if (bytes >= one && bytes % one === 0) return `${bytes / one}${unit}`;
  }
  return bytes >= 1024 ** 2 ? `${(bytes / 1024 ** 2).toFixed(1)}m` : `${bytes} bytes`;
}
