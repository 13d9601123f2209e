// How many labs the newcomers of each network hold, and whether they may have one more. One person can have many addresses, but
// few networks. A class is one network too, so students who are known count for none. Knows nothing of hosts.

import { startsBurstPerNetwork, startsPerSecondPerNetwork } from '../limits.ts';
import { RateLimit } from '../rate-limit.ts';
import { type Comer, countedFor } from './comer.ts';

export class Shares {
  readonly #maxPerNetwork: number;
  readonly #rate = new RateLimit({ perSecond: startsPerSecondPerNetwork, burst: startsBurstPerNetwork });
  readonly #held = new Map<string, number>();

  /** `maxPerNetwork` holds for newcomers who were not invited. */
  constructor(maxPerNetwork: number, holding: Iterable<Comer>) {
    this.#maxPerNetwork = maxPerNetwork;
    this.count(holding);
  }

  /** Counts anew. `holding`: everybody who holds a place. */
  count(holding: Iterable<Comer>): void {
    this.#held.clear();
    for (const comer of holding) this.add(comer);
  }

  /** One more holds a place. */
  add(comer: Comer): void {
    const network = countedFor(comer);
    if (network !== null) this.#held.set(network, this.held(comer) + 1);
  }

  /** How many labs newcomers of the same network hold; 0 for a student who counts for none. */
  held(comer: Comer): number {
    return this.#held.get(countedFor(comer) ?? '') ?? 0;
  }

  /** Whether this network's newcomers may hold one more. */
  hasRoom(comer: Comer): boolean {
    return comer.invited || this.held(comer) < this.#maxPerNetwork;
  }

  /** Milliseconds until one more lab may be started for newcomers of this network. 0: it may be started now, and is counted. */
  startsIn(comer: Comer): number {
    const network = countedFor(comer);
    return network === null ? 0 : this.#rate.take(network);
  }
}
