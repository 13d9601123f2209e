// The mode of `--chmod`: octal digits, or changes as chmod(1) takes them (`u=rwX,go-w`).

import { LanguageError } from './source.ts';

const most = 0o7777;
const classes: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o0007, a: 0o6777 };
const everyone = 0o7777;
const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };
const bits: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 };

/** One operator and what it is applied to. */
interface Change {
  /** The bits that it may touch. */
  readonly who: number;
  readonly operator: '+' | '-' | '=';
  /** Of `rwxXstugo`. */
  readonly permissions: string;
}

/** A mode to set, or changes to the mode that a file has. */
export type FileMode = number | readonly Change[];

function parseChanges(text: string): Change[] {
  const changes: Change[] = [];
  for (const clause of text.split(',')) {
    const [all = '', who = ''] = /^([ugoa]*)(?:[+\-=][rwxXstugo]*)+$/.exec(clause) ?? [];
    if (all === '') throw new LanguageError('invalid syntax');
    const touched = [...who].reduce((sum, letter) => sum | (classes[letter] ?? 0), 0);
    for (const [, operator, permissions = ''] of clause.slice(who.length).matchAll(/([+\-=])([rwxXstugo]*)/g)) {
      if (operator !== '+' && operator !== '-' && operator !== '=') continue;
      changes.push({ who: touched === 0 ? everyone : touched, operator, permissions });
    }
  }
  return changes;
}

/** Throws LanguageError with BuildKit's words. */
export function parseFileMode(text: string): FileMode {
  const notOctal = new LanguageError(
    `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
  );
  if (/^[0-7]{1,11}$/.test(text)) {
    const mode = Number.parseInt(text, 8);
    if (mode > most) throw notOctal;
    return mode;
  }
  if (/^\d/.test(text)) throw notOctal;
  return parseChanges(text);
}

function permissionBits(letters: string, mode: number, isExecutable: boolean): number {
  let sum = 0;
  for (const letter of letters) {
    const shift = shifts[letter];
    if (shift !== undefined) sum |= ((mode >> shift) & 7) * 0o111;
    else if (letter === 'X') sum |= isExecutable ? 0o111 : 0;
    else sum |= bits[letter] ?? 0;
  }
  return sum;
}

/** The mode that a file with the permissions `mode` gets. */
export function applyFileMode(change: FileMode, mode: number, isDirectory: boolean): number {
  if (typeof change === 'number') return change;
  const isExecutable = isDirectory || (mode & 0o111) !== 0;
  let result = mode;
  for (const { who, operator, permissions } of change) {
    // The sticky bit is not for others alone.
    const sticky = (who & ~0o7) === 0 ? 0 : 0o1000;
    const set = permissionBits(permissions, result, isExecutable) & (who | sticky);
    if (operator === '-') result &= ~set;
    else if (operator === '+') result |= set;
    // `u=g` leaves the set-user-ID bit as it is, `u=rwx` does not.
    else result = (result & ~(who & (/^[ugo]/.test(permissions) ? 0o777 : 0o6777))) | set;
  }
  return result;
}
