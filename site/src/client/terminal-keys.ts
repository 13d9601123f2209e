/** What the keys of the touch row type. Pure; knows nothing of terminals. */

export type TouchKey = 'Escape' | 'Tab' | 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight' | '|' | '/' | '-';

const arrows: Partial<Record<TouchKey, string>> = { ArrowUp: 'A', ArrowDown: 'B', ArrowRight: 'C', ArrowLeft: 'D' };

/** The bytes of a key, as xterm's own keyboard sends them. `application`: the program asked for application cursor keys. */
export function bytesOf(key: TouchKey, control: boolean, application: boolean): string {
  const arrow = arrows[key];
  if (arrow) return control ? `\x1b[1;5${arrow}` : `\x1b${application ? 'O' : '['}${arrow}`;
  if (key === 'Escape') return '\x1b';
  if (key === 'Tab') return '\t';
  return control ? withControl(key) : key;
}

/** F6 as xterm's own keyboard sends it. */
export const f6 = (shift: boolean): string => (shift ? '\x1b[17;2~' : '\x1b[17~');

/** What Ctrl makes of one typed character; the character itself where there is no such control character. */
export function withControl(character: string): string {
  if (/^[a-z]$/i.test(character)) return String.fromCharCode(character.toUpperCase().charCodeAt(0) - 64);
  const others: Record<string, string> = {
    ' ': '\0',
    '[': '\x1b',
    '\\': '\x1c',
    ']': '\x1d',
    '/': '\x1f',
    '-': '\x1f',
  };
  return others[character] ?? character;
}
