// What of seek-bzip is used: block by block, so that a block is all that is held.

declare module 'seek-bzip' {
  interface Input {
    readByte(): number;
    read(into: Uint8Array, offset: number, length: number): number;
  }

  interface Output {
    writeByte(byte: number): void;
  }

  export default class Bunzip {
    readonly reader: { read(bits: number): number };
    readonly streamCRC: number;
    constructor(input: Input, output: Output);
    /** Reads the next block; false behind the last. */
    _init_block(): boolean;
    /** Writes what is in it. */
    _read_bunzip(): number;
    /** Begins another stream. */
    _start_bunzip(input: Input, output: Output): void;
  }
}
