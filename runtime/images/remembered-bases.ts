// What the builds of one host have begun with that is no image of the host: what the registry said of each. A base that a Dockerfile names
// by its digest need not be asked for again, nor one whose tag has not moved.

import { z } from 'zod';
import { maxRememberedBaseBytes, maxRememberedBases } from '../limits.ts';
import type { RecordKind, Shape } from '../store/record-kind.ts';
import type { Records } from '../store/records.ts';
import { canonical, type Reference } from './reference.ts';

/** A layer as its registry has it. */
export interface BaseLayer {
  readonly diffId: string;
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
}

/** As stored. */
export interface RememberedBase {
  /** As `canonical` spells it. */
  readonly name: string;
  /** `docker.io/library/node` */
  readonly repository: string;
  /** `linux/amd64` */
  readonly platform: string;
  /** What its name stood for when it was asked for last: of the index or the manifest. */
  readonly digest: string;
  /** Byte for byte as hashed. */
  readonly configuration: string;
  readonly layers: readonly BaseLayer[];
}

const layerSchema = z.object({
  diffId: z.string(),
  descriptor: z.object({ mediaType: z.string(), digest: z.string(), size: z.number() }),
} satisfies Shape<BaseLayer>);

export const rememberedBaseKind: RecordKind<RememberedBase> = {
  name: 'remembered-base',
  schema: z.object({
    name: z.string(),
    repository: z.string(),
    platform: z.string(),
    digest: z.string(),
    configuration: z.string(),
    layers: z.array(layerSchema),
  } satisfies Shape<RememberedBase>),
  upgrades: [],
};

export class RememberedBases {
  readonly #hostId: string;
  readonly #records: Records;
  /** The one that was added last at the end. */
  readonly #bases = new Map<string, RememberedBase>();

  constructor(hostId: string, records: Records) {
    this.#hostId = hostId;
    this.#records = records;
    for (const base of records.list(rememberedBaseKind, hostId)) this.#bases.set(keyOf(base), base);
  }

  /** The last one of this name; by a digest, also one that was found by a tag of the repository. */
  find(reference: Reference, platform: string): RememberedBase | undefined {
    const { domain, path, digest } = reference;
    const named = this.#bases.get(keyOf({ name: canonical(reference), platform }));
    if (named || digest === undefined) return named;
    const repository = `${domain}/${path}`;
    return [...this.#bases.values()].find(
      (base) => base.digest === digest && base.repository === repository && base.platform === platform,
    );
  }

  /** In the place of the one of the same name. A configuration that is larger than most is asked for each time. */
  add(base: RememberedBase): void {
    const key = keyOf(base);
    this.#remove(key);
    if (Buffer.byteLength(base.configuration) > maxRememberedBaseBytes) return;
    this.#bases.set(key, base);
    this.#records.put(rememberedBaseKind, this.#hostId, key, base);
    const [oldest] = this.#bases.keys();
    if (this.#bases.size > maxRememberedBases && oldest !== undefined) this.#remove(oldest);
  }

  clear(): void {
    for (const key of [...this.#bases.keys()]) this.#remove(key);
  }

  #remove(key: string): void {
    if (this.#bases.delete(key)) this.#records.delete(rememberedBaseKind, this.#hostId, key);
  }
}

function keyOf({ name, platform }: Pick<RememberedBase, 'name' | 'platform'>): string {
  return `${name} ${platform}`;
}
