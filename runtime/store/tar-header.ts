// Writes the headers of a tar: ustar (POSIX.1-1988), with PAX records (POSIX.1-2001) for what does not fit it. Names are bytes,
// one a character (latin1): what students name need not be UTF-8, and tar-stream writes nothing else.

export const blockBytes = 512;

export const typeFlag = {
  file: '0',
  link: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
} as const;

export interface TarEntry {
  /** A directory's ends with a slash. */
  readonly name: string;
  readonly type: keyof typeof typeFlag;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of what follows; 0 for all but files. */
  readonly size: number;
  /** Since 1970. */
  readonly mtimeSeconds: number;
  /** Empty for what is no link. */
  readonly linkname: string;
  readonly device: { readonly major: number; readonly minor: number };
  /** Further PAX records. */
  readonly records: readonly (readonly [key: string, value: Buffer])[];
}

const maxOctal = { short: 0o7777777, long: 0o77777777777 };

/** The header, with PAX records before it where it needs them. */
export function tarHeader(entry: TarEntry): Buffer {
  const records = [...entry.records];
  const text = (key: string, value: string): void => void records.push([key, Buffer.from(value, 'latin1')]);
  const [prefix, name] = splitName(entry.name) ?? ['', null];
  if (name === null) text('path', entry.name);
  if (entry.linkname.length > 100) text('linkpath', entry.linkname);
  if (entry.size > maxOctal.long) text('size', String(entry.size));
  if (entry.uid > maxOctal.short) text('uid', String(entry.uid));
  if (entry.gid > maxOctal.short) text('gid', String(entry.gid));
  if (entry.mtimeSeconds < 0 || entry.mtimeSeconds > maxOctal.long) text('mtime', String(entry.mtimeSeconds));
  const own = block({ ...entry, name: name ?? entry.name.slice(0, 100) }, prefix, typeFlag[entry.type]);
  return records.length === 0 ? own : Buffer.concat([paxHeader(records), own]);
}

/** Fills what is left of a block after `size` bytes. */
export function padding(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}

/** Two empty blocks end an archive. */
export const tarEnd = Buffer.alloc(2 * blockBytes);

/** The name as it fits: whole, or cut at a slash; null where it does not. */
function splitName(name: string): [prefix: string, name: string] | null {
  if (name.length <= 100) return ['', name];
  const cut = name.indexOf('/', name.length - 101);
  // A name that is only a slash would be that of the directory before it.
  if (cut <= 0 || cut > 155 || cut === name.length - 1) return null;
  return [name.slice(0, cut), name.slice(cut + 1)];
}

function paxHeader(records: readonly (readonly [string, Buffer])[]): Buffer {
  const body = Buffer.concat(records.map(([key, value]) => paxRecord(key, value)));
  const header = {
    name: 'PaxHeaders/entry',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    mtimeSeconds: 0,
    linkname: '',
    device: { major: 0, minor: 0 },
  };
  return Buffer.concat([block(header, '', 'x'), body, Buffer.alloc(padding(body.length))]);
}

/** `LENGTH KEY=VALUE` and a newline; the length counts itself. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function octal(value: number, digits: number): string {
  const most = 8 ** digits - 1;
  return `${(value >= 0 && value <= most ? value : 0).toString(8).padStart(digits, '0')}\0`;
}

function block(entry: Omit<TarEntry, 'type' | 'records'>, prefix: string, flag: string): Buffer {
  const header = Buffer.alloc(blockBytes);
  const put = (text: string, offset: number): void => void header.write(text, offset, 'latin1');
  put(entry.name, 0);
  put(octal(entry.mode, 7), 100);
  put(octal(entry.uid, 7), 108);
  put(octal(entry.gid, 7), 116);
  put(octal(entry.size, 11), 124);
  put(octal(entry.mtimeSeconds, 11), 136);
  put(flag, 156);
  put(entry.linkname.slice(0, 100), 157);
  put('ustar\x0000', 257);
  put(octal(entry.device.major, 7), 329);
  put(octal(entry.device.minor, 7), 337);
  put(prefix, 345);
  header.fill(' ', 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
