// The table of mounts of a mount namespace (proc(5), `mountinfo`).

import fs from 'node:fs';

/** How many mounts process `pid` has; infinite where the table has more than `maxBytes`: the kernel makes it as it is read. */
export function countMounts(pid: number, maxBytes: number): number {
  const fd = fs.openSync(`/proc/${pid}/mountinfo`, 'r');
  try {
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = fs.readSync(fd, bytes, length, bytes.length - length, null);
    return length > maxBytes ? Number.POSITIVE_INFINITY : bytes.toString('latin1', 0, length).split('\n').length - 1;
  } finally {
    fs.closeSync(fd);
  }
}

/** Where something is mounted below `directory`, in this thread's mount namespace: parents first. */
export function mountPointsBelow(directory: string): string[] {
  const lines = fs.readFileSync('/proc/thread-self/mountinfo', 'latin1').split('\n');
  return lines.flatMap((line) => {
    const place = unescaped(line.split(' ')[4] ?? '');
    return place.startsWith(`${directory}/`) ? [place] : [];
  });
}

/** Spaces, tabs, line ends and backslashes stand as three octal digits; what is no ASCII stands as its bytes. */
function unescaped(field: string): string {
  const bytes = field.replace(/\\([0-7]{3})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
