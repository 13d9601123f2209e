// Sizes as people write and read them: `512 MiB`, `2G`, `1048576`.

const units = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;

/** Bytes, or null where it is no size. `G`, `GB` and `GiB` all mean 1024 ** 3, as in docker's own options. */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  if (!match) return null;
  const unit = (match[2] ?? '').toUpperCase();
  if (!(unit in units)) return null;
  return Math.round(Number(match[1]) * units[unit as keyof typeof units]);
}

/** `1536 MiB` reads `1.5 GiB`. */
export function formatSize(bytes: number): string {
  for (const unit of ['T', 'G', 'M', 'K'] as const) {
    if (bytes >= units[unit]) return `${Number((bytes / units[unit]).toFixed(1))} ${unit}iB`;
  }
  return `${bytes} B`;
}
