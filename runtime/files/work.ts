// The work of the files' thread: what it is asked, and what it answers. Types alone.

import type { FileContent, HostFolder, WriteOptions } from '../client-files.ts';
import type { ErrorKind } from '../errors.ts';
import type { HomeOf } from './home.ts';

export type FileJob =
  | { readonly kind: 'list'; readonly path: string }
  | { readonly kind: 'read'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly bytes: Uint8Array; readonly options: WriteOptions }
  | { readonly kind: 'make'; readonly path: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'fingerprint' };

export interface FileResults {
  readonly list: HostFolder;
  readonly read: FileContent;
  readonly write: { readonly version: string };
  readonly make: undefined;
  readonly remove: undefined;
  readonly rename: undefined;
  readonly fingerprint: string;
}

export interface FileRequest {
  readonly id: number;
  readonly home: HomeOf;
  readonly job: FileJob;
}

export type FileAnswer =
  | { readonly id: number; readonly result: FileResults[keyof FileResults] }
  | { readonly id: number; readonly errorKind: ErrorKind; readonly message: string };
