// The signals of STOPSIGNAL.

import { LanguageError } from './source.ts';

/** Those of Linux, as Go's x/sys/unix names them. */
const names = [
  ...['HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'IOT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE', 'ALRM'],
  ...['TERM', 'STKFLT', 'CHLD', 'CLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU', 'XFSZ', 'VTALRM', 'PROF'],
  ...['WINCH', 'IO', 'POLL', 'PWR', 'SYS'],
];

/** Linux' first and last signal for programs' own use; the names count from both ends. */
const [firstRealTime, lastRealTime] = [34, 64];

/** Throws LanguageError for what is no signal: a number but 0, or a name, with or without `SIG`. */
export function checkSignal(text: string): void {
  if (/^[+-]?\d+$/.test(text) && Number(text) !== 0) return;
  const name = text.toUpperCase().replace(/^SIG/, '');
  const [, end, offset = '0'] = /^RT(MIN|MAX)(?:([+-]\d{1,2}))?$/.exec(name) ?? [];
  const number = (end === 'MIN' ? firstRealTime : lastRealTime) + Number(offset);
  const isRealTime = end !== undefined && number >= firstRealTime && number <= lastRealTime;
  if (isRealTime || names.includes(name)) return;
  throw new LanguageError(`invalid signal: ${text}`);
}
