// A word of `glossary.yaml`.

import { z } from 'zod';

export interface GlossaryWord {
  readonly id: string;
  readonly name: string;
  /** One sentence; backticks mean code. */
  readonly says: string;
  /** The number of the lesson that teaches it. */
  readonly lesson: number;
}

export const glossaryWord: z.ZodType<GlossaryWord> = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{2,40}$/),
  name: z.string().max(40),
  says: z.string().max(200),
  lesson: z.int().positive(),
});
