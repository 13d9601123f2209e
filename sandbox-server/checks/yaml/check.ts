// Whether a file says what a check of YAML asks for, as plain data or as a file for Compose.

import type { YamlCheck, YamlData } from '../../../lessons/schema.ts';
import { composeComparing, composeSaid, composeWanted } from './compose.ts';
import { type Difference, firstMissing, firstUnwanted, isMap, plainComparing } from './differs.ts';
import type { YamlFact, YamlMap, YamlValue } from './read.ts';

/** As it would be read from a file. */
function asRead(data: YamlData): YamlValue {
  if (data === null || typeof data !== 'object') return data;
  // TypeScript does not tell readonly lists from maps by Array.isArray.
  if (Array.isArray(data)) return (data as readonly YamlData[]).map(asRead);
  return new Map(Object.entries(data).map(([key, value]) => [key, asRead(value as YamlData)]));
}

/** Files as `composeSaid` has them: each is judged some times. */
const said = new WeakMap<YamlMap, YamlValue>();

function saidBy(data: YamlValue): YamlValue {
  if (!isMap(data)) return data;
  const known = said.get(data) ?? composeSaid(data);
  said.set(data, known);
  return known;
}

/** The first difference; null where there is none. */
export function yamlDiffers({ has, hasNot }: YamlCheck, data: YamlValue, isCompose: boolean): Difference | null {
  const how = isCompose ? composeComparing : plainComparing;
  const wanted = (one: YamlData): YamlValue => (isCompose ? composeWanted(asRead(one)) : asRead(one));
  const there = isCompose ? saidBy(data) : data;
  const missing = has === undefined ? null : firstMissing(wanted(has), there, how);
  if (missing !== null || hasNot === undefined) return missing;
  return firstUnwanted(wanted(hasNot), there, how);
}

/** Null where nobody asked for the file; `exists`: whether there is such a file. */
export function judgeYaml(
  check: YamlCheck,
  isCompose: boolean,
  fact: YamlFact | undefined,
  exists: boolean | undefined,
): boolean | null {
  if (fact === undefined) return exists === undefined ? null : false;
  return 'data' in fact && yamlDiffers(check, fact.data, isCompose) === null;
}

/** Of a check that does not hold, and a file that is there. */
export function yamlFound(check: YamlCheck, isCompose: boolean, fact: YamlFact, file: string): string {
  if ('mistake' in fact) return `${file} cannot be read as YAML: ${fact.mistake}.`;
  const differs = yamlDiffers(check, fact.data, isCompose);
  if (differs === null) return '';
  return differs.path === '' ? `${file} ${differs.words}.` : `In ${file}, ${differs.path} ${differs.words}.`;
}
