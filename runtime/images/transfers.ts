// How many pulls, loads and imports one host has under way.

import { EngineError } from '../errors.ts';
import { maxTransfersPerHost } from '../limits.ts';

export class Transfers {
  #underWay = 0;

  /** One more, until it is disposed of. Throws exhausted at the limit. */
  beginTransfer(): Disposable {
    if (this.#underWay >= maxTransfersPerHost) {
      throw new EngineError(
        'exhausted',
        `this host has ${maxTransfersPerHost} pulls or loads under way: wait until one is done`,
      );
    }
    this.#underWay++;
    return {
      [Symbol.dispose]: () => {
        this.#underWay--;
      },
    };
  }
}
