/** A file that the text or the lab wants shown: the editor takes it up as soon as it is there. */
import { signal } from '@preact/signals';

export interface FileWish {
  /** The lab's name of the host; the first where left out. */
  readonly host: string | undefined;
  readonly path: string;
  /** Where the cursor goes, from 1 on. */
  readonly line: number | undefined;
  /** It opens by itself: the focus stays where the student is. */
  readonly keepsFocus: boolean;
}

export const fileWish = signal<FileWish | undefined>(undefined);
