/** Reads and writes the files of one host's home. Paths are relative to the home, with `/` between the parts. */

export interface FileRead {
  readonly bytes: Uint8Array;
  readonly version: string;
}

/** Each throws `ServerRefusal` with a sentence, or a `TypeError` or a timeout's `DOMException` when nothing answers. */
export interface FileStore {
  read(path: string): Promise<FileRead>;
  /** Replaces the file of this version; `undefined`: no such file may exist. Status 412 or 404 where that is not so. */
  write(path: string, bytes: Uint8Array<ArrayBuffer>, version: string | undefined): Promise<string>;
}
