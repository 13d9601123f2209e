// The columns of ps(1) that `docker top` can show, and which of them its usual arguments ask for.

import { totalmem } from 'node:os';
import { EngineError } from '../errors.ts';

export interface ProcessFacts {
  /** Their numbers in the workspace's PID namespace. */
  readonly pid: number;
  readonly parentPid: number;
  /** Their numbers in the host's user namespace. */
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly command: string;
  /** One letter, as in /proc/PID/stat. */
  readonly state: string;
  readonly sessionLeader: boolean;
  readonly foreground: boolean;
  readonly threads: number;
  readonly nice: number;
  /** `tty_nr` of /proc/PID/stat. */
  readonly terminal: number;
  readonly cpuSeconds: number;
  readonly startedMs: number;
  readonly ageSeconds: number;
  readonly virtualBytes: number;
  readonly residentBytes: number;
}

export interface PsColumn {
  readonly title: string;
  readonly show: (facts: ProcessFacts) => string;
}

/** Users that every Debian system has (base-passwd), and the workspace's own. */
const userNames = new Map([
  [0, 'root'],
  [1, 'daemon'],
  [2, 'bin'],
  [33, 'www-data'],
  [1000, 'student'],
  [65534, 'nobody'],
]);

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}

function clock(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  return `${days > 0 ? `${days}-` : ''}${two((seconds / 3600) % 24)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** `HH:MM` today, `Nov21` this year, else the year. */
function started({ startedMs }: ProcessFacts): string {
  const then = new Date(startedMs);
  const now = new Date();
  if (then.toDateString() === now.toDateString()) return `${two(then.getHours())}:${two(then.getMinutes())}`;
  if (then.getFullYear() !== now.getFullYear()) return String(then.getFullYear());
  return `${then.toLocaleString('en', { month: 'short' })}${two(then.getDate())}`;
}

/** Major 136 to 143 are pseudo-terminals (`Documentation/admin-guide/devices.txt`). */
function terminal({ terminal: device }: ProcessFacts): string {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  return major >= 136 && major <= 143 ? `pts/${(major - 136) * 256 + minor}` : '?';
}

function cpuPercent({ cpuSeconds, ageSeconds }: ProcessFacts): number {
  return ageSeconds > 0 ? (cpuSeconds / ageSeconds) * 100 : 0;
}

function elapsed({ ageSeconds }: ProcessFacts): string {
  const text = clock(ageSeconds);
  return ageSeconds < 3600 ? text.slice(3) : text;
}

/** The STAT column of `ps aux`: the state and its marks. */
function statusMarks(facts: ProcessFacts): string {
  const nice = facts.nice < 0 ? '<' : facts.nice > 0 ? 'N' : '';
  return `${facts.state}${nice}${facts.sessionLeader ? 's' : ''}${facts.threads > 1 ? 'l' : ''}${facts.foreground ? '+' : ''}`;
}

const user = ({ uid }: ProcessFacts) => userNames.get(uid) ?? String(uid);
const kib = (bytes: number) => String(Math.round(bytes / 1024));
const command = (facts: ProcessFacts) => facts.command;

/** By the names that `ps -o` takes, and some of our own for the fixed formats. */
export const psColumns: Readonly<Record<string, PsColumn>> = {
  pid: { title: 'PID', show: ({ pid }) => String(pid) },
  ppid: { title: 'PPID', show: ({ parentPid }) => String(parentPid) },
  user: { title: 'USER', show: user },
  uidname: { title: 'UID', show: user },
  uid: { title: 'UID', show: ({ uid }) => String(uid) },
  gid: { title: 'GID', show: ({ gid }) => String(gid) },
  c: { title: 'C', show: (facts) => String(Math.floor(cpuPercent(facts))) },
  pcpu: { title: '%CPU', show: (facts) => cpuPercent(facts).toFixed(1) },
  pmem: { title: '%MEM', show: ({ residentBytes }) => ((residentBytes / totalmem()) * 100).toFixed(1) },
  vsz: { title: 'VSZ', show: ({ virtualBytes }) => kib(virtualBytes) },
  rss: { title: 'RSS', show: ({ residentBytes }) => kib(residentBytes) },
  tty: { title: 'TTY', show: terminal },
  tt: { title: 'TT', show: terminal },
  s: { title: 'S', show: ({ state }) => state },
  stat: { title: 'STAT', show: statusMarks },
  stime: { title: 'STIME', show: started },
  start: { title: 'START', show: started },
  started: { title: 'STARTED', show: started },
  etime: { title: 'ELAPSED', show: elapsed },
  time: { title: 'TIME', show: ({ cpuSeconds }) => clock(cpuSeconds) },
  shorttime: { title: 'TIME', show: ({ cpuSeconds }) => `${Math.floor(cpuSeconds / 60)}:${two(cpuSeconds % 60)}` },
  ni: { title: 'NI', show: ({ nice }) => String(nice) },
  nlwp: { title: 'NLWP', show: ({ threads }) => String(threads) },
  comm: { title: 'COMMAND', show: ({ name }) => name },
  args: { title: 'COMMAND', show: command },
  cmd: { title: 'CMD', show: command },
};

const aliases: Readonly<Record<string, string>> = {
  '%cpu': 'pcpu',
  '%mem': 'pmem',
  command: 'args',
  euser: 'user',
  nice: 'ni',
  rssize: 'rss',
  state: 's',
  thcount: 'nlwp',
  tname: 'tty',
  ucmd: 'comm',
  vsize: 'vsz',
};

const full = ['uidname', 'pid', 'ppid', 'c', 'stime', 'tty', 'time', 'cmd'];
const byUser = ['user', 'pid', 'pcpu', 'pmem', 'vsz', 'rss', 'tty', 'stat', 'start', 'shorttime', 'args'];
const short = ['pid', 'tty', 'time', 'cmd'];
const shortBsd = ['pid', 'tty', 'stat', 'shorttime', 'args'];

function chosenColumns(list: readonly string[]): string[] {
  const names = list
    .flatMap((part) => part.split(/[,=]/))
    .filter((name) => name !== '')
    .map((name) => aliases[name.toLowerCase()] ?? name.toLowerCase());
  const unknown = names.find((name) => !Object.hasOwn(psColumns, name));
  if (unknown !== undefined)
    throw new EngineError(
      'invalid',
      `docker top does not know the column "${unknown.slice(0, 40)}"; it knows ${Object.keys(psColumns).join(', ')}`,
    );
  if (!names.includes('pid')) throw new EngineError('refused', "Couldn't find PID field in ps output");
  return names;
}

/**
 * The columns that the arguments ask for, by name: `-ef` by default, `aux`, `-o pid,comm`. Throws invalid; refused without a
 * PID, as Docker does.
 */
export function parsePsArguments(text: string): string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const lists: string[] = [];
  let letters = '';
  let bsd = false;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const withList = /^(?:-?([a-zA-Z]*)o|--format=?)(.*)$/.exec(word);
    if (withList) lists.push(withList[2] || (words.shift() ?? ''));
    else if (/^-?[aAefFlujwxWH]+$/.test(word)) {
      letters += word.replace('-', '');
      bsd ||= !word.startsWith('-');
    } else
      throw new EngineError(
        'invalid',
        `docker top does not know the ps arguments "${text.slice(0, 80)}"; it knows -ef, aux and -o pid,…`,
      );
  }
  if (lists.length > 0) return chosenColumns(lists);
  if (letters === '' || (!bsd && /[fF]/.test(letters))) return full;
  if (bsd) return letters.includes('u') ? byUser : shortBsd;
  return short;
}
