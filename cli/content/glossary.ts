// The words of a glossary's file, each judged by itself: one that is wrong does not take the others along.

import { z } from 'zod';
import { type GlossaryWord, glossaryWord } from '../../lessons/schema/glossary.ts';
import { placeOf, readYaml } from '../../lessons/schema.ts';

/** `line` reads the file once more: call it for what is told. */
export type JudgedWord = { readonly line: () => number } & (
  | { readonly word: GlossaryWord; readonly mistake?: never }
  | { readonly word: null; readonly mistake: string }
);

/** In the order of the file. */
export function wordsOf(text: string): readonly JudgedWord[] {
  const list = readYaml<readonly unknown[]>(text, z.array(z.unknown()));
  if ('mistakes' in list)
    return list.mistakes.map(({ line, message }) => ({ word: null, line: () => line, mistake: message }));
  const seen = new Set<string>();
  return list.data.map((entry, number): JudgedWord => {
    const line = () => placeOf(text, [number]).line;
    const judged = glossaryWord.safeParse(entry);
    if (!judged.success) {
      const [issue] = judged.error.issues;
      const at = issue?.path.join('.') ?? '';
      return {
        word: null,
        line,
        mistake: `[${number}]${at === '' ? '' : `.${at}`}: ${issue?.message ?? 'is no word'}`,
      };
    }
    if (seen.has(judged.data.id)) return { word: null, line, mistake: `[${number}]: ${judged.data.id} is there twice` };
    seen.add(judged.data.id);
    return { word: judged.data, line };
  });
}
