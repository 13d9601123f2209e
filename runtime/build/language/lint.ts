// Checking a Dockerfile: which rules apply (`# check=skip=…;error=true`), and what they found.

import { maxLintWarnings } from '../../limits.ts';
import { cut, parseBoolean, quote, trim } from './go-text.ts';
import { type RuleName, rules } from './lint-rules.ts';
import { LanguageError, type Location } from './source.ts';

export interface Warning {
  readonly rule: RuleName;
  readonly message: string;
  /** Null for none in particular. */
  readonly location: Location | null;
}

/** The line that a build prints of a warning. */
export function shortWarning({ rule, message, location }: Warning): string {
  const line = location && location.first > 0 ? ` (line ${location.first})` : '';
  return `${rule}: ${message}${line}`;
}

export interface CheckOptions {
  readonly skip: 'all' | readonly string[];
  readonly experimental: 'all' | readonly string[];
  /** Warnings are an error. */
  readonly error: boolean;
}

const list = (value: string): 'all' | string[] => (value === 'all' ? 'all' : value.split(',').map(trim));

/** The value of a `check` directive, or of the build argument BUILDKIT_DOCKERFILE_CHECK. Throws LanguageError. */
export function parseCheckOptions(text: string): CheckOptions {
  let options: CheckOptions = { skip: [], experimental: [], error: false };
  const parts = trim(text).split(';');
  for (const part of parts.length > 3 ? [...parts.slice(0, 2), parts.slice(2).join(';')] : parts) {
    if (trim(text) === '') break;
    const [before, value] = cut(part, '=');
    if (value === null) throw new LanguageError(`invalid check option ${quote(part)}`);
    const name = trim(before);
    if (name === 'skip' || name === 'experimental') options = { ...options, [name]: list(trim(value)) };
    else if (name === 'error') {
      const error = parseBoolean(trim(value));
      if (error === null)
        throw new LanguageError(
          `failed to parse check option ${quote(part)}: strconv.ParseBool: parsing ${quote(trim(value))}: invalid syntax`,
        );
      options = { ...options, error };
    } else throw new LanguageError(`invalid check option ${quote(name)}`);
  }
  return options;
}

const names = (rule: 'all' | readonly string[], name: string): boolean => rule === 'all' || rule.includes(name);

/** Tells what the rules find in one file, as it is found. Beyond `maxLintWarnings` nothing more is told. */
export class Linter {
  readonly #options: CheckOptions;
  readonly #tell: (warning: Warning) => void;
  readonly #found: RuleName[] = [];

  constructor(options: CheckOptions, tell: (warning: Warning) => void) {
    this.#options = options;
    this.#tell = tell;
  }

  /** Whether a warning of this rule would be told: what is dear to find out need not be then. */
  applies(rule: RuleName): boolean {
    if (this.#found.length >= maxLintWarnings) return false;
    const { skip, experimental } = this.#options;
    return 'experimental' in rules[rule] ? names(experimental, rule) : !names(skip, rule);
  }

  warn(rule: RuleName, location: Location | null, message: string): void {
    if (!this.applies(rule)) return;
    this.#found.push(rule);
    this.#tell({ rule, message, location });
  }

  /** Throws LanguageError where warnings are errors, and there are some. */
  check(): void {
    if (!this.#options.error || this.#found.length === 0) return;
    throw new LanguageError(`lint violation found for rules: ${[...new Set(this.#found)].join(', ')}`);
  }
}
