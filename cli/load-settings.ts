// Reads the settings: from the environment, else from a file, else their defaults; wrong ones are told in sentences.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { Failure } from './failure.ts';
import { type Definition, defaultRun, definitions, type SettingName, type Settings } from './settings.ts';

const defaultFile = '/etc/drydock.conf';
/** Names the file of settings; read from the environment alone. */
const fileVariable = 'DRYDOCK_CONFIG';

const entries: [string, Definition][] = Object.entries(definitions);
const schema = z.strictObject(
  Object.fromEntries(entries.map(([name, definition]) => [name, definition.schema])) as unknown as {
    [Name in SettingName]: (typeof definitions)[Name]['schema'];
  },
);

export interface LoadedSettings {
  readonly settings: Settings;
  /** The setting as text and where it came from, for `drydock settings`. */
  readonly sources: Readonly<Record<SettingName, { readonly value: string; readonly from: string }>>;
  /** One sentence each: names that mean nothing. */
  readonly warnings: readonly string[];
}

/** The lines `KEY=VALUE` of a file; empty lines and those that begin with # are left out. Throws Failure at any other. */
export function parseSettingsFile(text: string, file: string): Map<string, string> {
  const values = new Map<string, string>();
  text.split('\n').forEach((line, index) => {
    if (/^\s*(#|$)/.test(line)) return;
    const match = /^\s*([A-Z][A-Z0-9_]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|(.*?))\s*$/.exec(line);
    if (!match?.[1]) throw new Failure(`${file}, line ${index + 1}: this is no setting. Write NAME=VALUE.`);
    values.set(match[1], match[2] ?? match[3] ?? match[4] ?? '');
  });
  return values;
}

/** `drydock` for the default run directory, else a name of its own for each. */
function instanceOf(run: string): string {
  if (run === defaultRun) return 'drydock';
  return `drydock-${createHash('sha256').update(run).digest('hex').slice(0, 8)}`;
}

function readSettingsFile(environment: NodeJS.ProcessEnv): { file: string; values: Map<string, string> } {
  const named = environment[fileVariable];
  const file = named ?? defaultFile;
  try {
    return { file, values: parseSettingsFile(readFileSync(file, 'utf8'), file) };
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (named === undefined && error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return { file, values: new Map() };
    }
    throw new Failure(`The settings file ${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** Throws Failure with a sentence for each setting that is wrong. */
export function loadSettings(environment: NodeJS.ProcessEnv): LoadedSettings {
  const { file, values } = readSettingsFile(environment);
  const known = new Set<string>([fileVariable, ...Object.values(definitions).map(({ variable }) => variable)]);
  const warnings = [
    ...[...values.keys()]
      .filter((name) => !known.has(name))
      .map((name) => `${file} sets ${name}, which is no setting.`),
    ...Object.keys(environment)
      .filter((name) => name.startsWith('DRYDOCK_') && !known.has(name))
      .map((name) => `The environment sets ${name}, which is no setting.`),
  ];

  const texts: Record<string, string> = {};
  const sources: Record<string, { value: string; from: string }> = {};
  for (const [name, definition] of entries) {
    const inEnvironment = environment[definition.variable];
    const value = inEnvironment ?? values.get(definition.variable) ?? definition.fallback;
    const from = inEnvironment !== undefined ? 'environment' : values.has(definition.variable) ? file : 'default';
    texts[name] = value;
    sources[name] = { value: definition.secret && value !== '' ? '(secret)' : value, from };
  }

  const result = schema.safeParse(texts);
  if (!result.success) {
    const complaints = result.error.issues.map((issue) => {
      const name = String(issue.path[0]) as SettingName;
      const { variable } = definitions[name];
      const shown = 'secret' in definitions[name] ? '' : `="${texts[name]}"`;
      return `${variable}${shown} ${plainReason(issue)}. See drydock settings.`;
    });
    throw new Failure([...new Set(complaints)].join('\n'));
  }

  const parsed = result.data;
  const settings: Settings = {
    ...parsed,
    origin: parsed.origin ?? `http://localhost:${parsed.port}`,
    instance: parsed.instance ?? instanceOf(parsed.run),
  };
  return { settings, sources: sources as LoadedSettings['sources'], warnings };
}

/** zod's own words where they are ours; the innermost complaint of a union that we wrote. */
function plainReason(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().find((each) => each.code !== 'invalid_value');
    if (inner) return plainReason(inner);
  }
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'invalid_format') {
    if (issue.format === 'url') return 'is no http or https address';
    if (issue.format.startsWith('ipv')) return 'is no IP address';
  }
  return issue.message;
}
