// Lines of progress as the Docker Engine API streams them (moby `pkg/streamformatter`).

import type { Progress } from './image.ts';
import { canonical, type Reference } from './reference.ts';

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** docker/go-units `HumanSize`: four digits, powers of a thousand. */
export function humanSize(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(4))}${units[unit]}`;
}

/** `[=====>   ]  1.2MB/3.4MB` */
export function progressBar(current: number, total: number): string {
  const done = total > 0 ? Math.min(50, Math.floor(Math.floor((current / total) * 100) / 2)) : 0;
  const bar = `[${'='.repeat(done)}>${' '.repeat(50 - done)}] `;
  return `${bar}${humanSize(current).padStart(8)}/${humanSize(total)}`;
}

/** A line about one layer or step; with numbers where it has some. */
export function line(id: string, status: string, current?: number, total?: number): Progress {
  if (current === undefined || total === undefined) return { status, progressDetail: {}, id };
  return { status, progressDetail: { current, total }, progress: progressBar(current, total), id };
}

/** The first line of a pull: a digest is told with its whole name. */
export function pullingLine(reference: Reference): Progress & { readonly id: string } {
  const id = reference.digest === undefined ? (reference.tag ?? '') : canonical(reference);
  return { status: `Pulling from ${reference.path}`, id };
}
