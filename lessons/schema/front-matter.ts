// What stands above a lesson's text, between the lines of ---.

import { z } from 'zod';

export interface FrontMatter {
  readonly title: string;
  /** One or two sentences under the title, and in the list of lessons. */
  readonly lede: string;
  readonly track: string;
  /** The lesson's number in the course. */
  readonly number: number;
  /** How long it takes most people. */
  readonly minutes: number;
  /** Each completes the sentence "You will be able to …". */
  readonly goals: readonly string[];
}

export const frontMatter: z.ZodType<FrontMatter> = z.strictObject({
  title: z.string().min(1).max(60),
  lede: z.string().min(1).max(240),
  track: z.string().min(1).max(40),
  number: z.int().positive(),
  minutes: z.int().min(5).max(15),
  goals: z.array(z.string().max(120)).min(2).max(6),
});
