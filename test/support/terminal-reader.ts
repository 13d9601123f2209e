// A client of one terminal that keeps every byte.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { EngineClient, TerminalConnection } from '../../runtime/index.ts';

const patienceMs = 20_000;

export class TerminalReader {
  readonly #connection: TerminalConnection;
  readonly #ended: AbortController;
  readonly #pieces: Buffer[] = [];

  private constructor(connection: TerminalConnection, ended: AbortController) {
    this.#connection = connection;
    this.#ended = ended;
    connection.stream.on('data', (piece: Buffer) => this.#pieces.push(piece));
    connection.stream.on('error', () => undefined); // the engine was killed: what was read counts
  }

  static async attach(client: EngineClient, host: string, id: string, from: number): Promise<TerminalReader> {
    const ended = new AbortController();
    return new TerminalReader(await client.attachTerminal(host, id, from, ended.signal), ended);
  }

  get offset(): number {
    return this.#connection.offset;
  }

  /** All that was read until now. */
  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  type(text: string): void {
    this.#connection.stream.write(text);
  }

  /** The match, once what was read has one. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const found = pattern.exec(this.bytes.toString('latin1'));
      if (found) return found;
      if (performance.now() > deadline)
        assert.fail(`waited for ${pattern}, read ${JSON.stringify(this.bytes.toString('latin1').slice(-2000))}`);
      await delay(10);
    }
  }

  close(): void {
    this.#ended.abort();
    this.#connection.stream.destroy();
  }
}
