// `WWW-Authenticate` (RFC 9110 §11.6.1), as registries send it: how they want to be asked.

export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Longer ones than any registry's are not looked at. */
const maxHeaderLength = 8 * 1024;
const maxChallenges = 8;

const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const blanks = /[ \t,]*/y;
const equals = /[ \t]*=[ \t]*/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;

/** The challenges of one header, those that are well formed up to the first that is not. Never throws. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  if (header.length > maxHeaderLength) return challenges;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(header);
    if (found) at += found[0].length;
    return found;
  };
  while (challenges.length < maxChallenges) {
    take(blanks);
    const word = take(token)?.[0];
    if (word === undefined) break;
    const current = challenges.at(-1);
    if (!take(equals)) {
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
      continue;
    }
    const text = take(quoted);
    const value = text ? text[1]?.replace(/\\(.)/g, '$1') : take(token)?.[0];
    if (value === undefined || !current) break;
    current.parameters.set(word.toLowerCase(), value);
  }
  return challenges;
}
