// The arguments that FROM may name: those of the platform, and the ARG instructions before the first FROM.

import { parseReference } from '../../../images/reference.ts';
import type { ArgInstruction, WrittenStage } from '../instructions.ts';
import { says } from '../lint-rules.ts';
import type { BuildOptions } from '../options.ts';
import { formatPlatform, formatWholePlatform } from '../platforms.ts';
import { located } from '../source.ts';
import { expandIn, type PlanContext, type PlanPlatforms } from './context.ts';
import type { OutlinedArgument } from './outline.ts';

/** `target`: the stage that is built; empty where it has no name. */
export function platformArguments(
  { build, target }: PlanPlatforms,
  { buildArguments }: BuildOptions,
  stage: string,
): Map<string, string> {
  const own: readonly (readonly [string, string])[] = [
    ['BUILDPLATFORM', formatPlatform(build)],
    ['BUILDOS', build.os],
    ['BUILDOSVERSION', build.osVersion ?? ''],
    ['BUILDARCH', build.architecture],
    ['BUILDVARIANT', build.variant ?? ''],
    ['TARGETPLATFORM', formatWholePlatform(target)],
    ['TARGETOS', target.os],
    ['TARGETOSVERSION', target.osVersion ?? ''],
    ['TARGETARCH', target.architecture],
    ['TARGETVARIANT', target.variant ?? ''],
    ['TARGETSTAGE', stage || 'default'],
  ];
  return new Map(own.map(([name, value]) => [name, buildArguments.get(name) ?? value]));
}

type Lexing = Pick<PlanContext, 'escapeWith' | 'budget'>;

export interface GlobalArguments {
  readonly values: ReadonlyMap<string, string>;
  readonly outlined: ReadonlyMap<string, OutlinedArgument>;
}

/** `given`: build arguments, which come before what the file says. Throws LanguageError, with the place. */
export function globalArguments(
  lexing: Lexing,
  platform: ReadonlyMap<string, string>,
  instructions: readonly ArgInstruction[],
  given: ReadonlyMap<string, string>,
): GlobalArguments {
  const values = new Map(platform);
  const outlined = new Map<string, OutlinedArgument>();
  for (const { arguments: declared, location } of instructions) {
    for (const argument of declared) {
      const { name } = argument;
      let value = given.get(name) ?? null;
      let needs = new Set<string>();
      if (value === null && argument.value !== null) {
        const expansion = expandIn(lexing, argument.value, values);
        if (expansion.error) throw located(expansion.error, location);
        value = expansion.text;
        needs = new Set(expansion.matched);
        // A value that names itself needs what its former value needed.
        if (needs.delete(name)) for (const other of outlined.get(name)?.needs ?? []) needs.add(other);
      }
      if (value !== null) {
        values.delete(name);
        values.set(name, value);
      }
      outlined.set(name, { definition: { ...argument, value }, value: value ?? '', needs, location });
    }
  }
  return { values, outlined };
}

/** Warns of a base that is no image where no build arguments are given. */
export function checkDefaultBases(
  lexing: Lexing & Pick<PlanContext, 'lint'>,
  stages: readonly WrittenStage[],
  platform: ReadonlyMap<string, string>,
  instructions: readonly ArgInstruction[],
): void {
  let values: ReadonlyMap<string, string>;
  try {
    values = globalArguments(lexing, platform, instructions, new Map()).values;
  } catch {
    // The build fails for the same reason.
    return;
  }
  for (const { from } of stages) {
    const { text, error } = expandIn(lexing, from.base, values);
    if (error) return;
    if (!isReference(text))
      lexing.lint.warn('InvalidDefaultArgInFrom', from.location, says.invalidDefaultArgInFrom(from.base));
  }
}

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}
