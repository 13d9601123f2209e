// What `track.yaml` in a track's folder may say.

import { z } from 'zod';

export interface Track {
  readonly title: string;
  /** One sentence. */
  readonly about: string;
  /** Each completes the sentence "After this track you can …". */
  readonly able: readonly string[];
}

export const track: z.ZodType<Track> = z.strictObject({
  title: z.string().min(1).max(40),
  about: z.string().max(200).default(''),
  able: z.array(z.string().min(1).max(160)).max(6).default([]),
});
