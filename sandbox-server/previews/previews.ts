// The previews that are open, and the browsers they admit: a name for each port of each session, and a secret that the student's
// browser gets for a one-use token. Independent of message transport. In memory only: after a restart previews are opened again.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { maxPreviews, maxPreviewTokens, previewTokenMs } from '../limits.ts';
import { monotonicMs } from '../rate-limit.ts';

export interface Preview {
  /** 128 random bits in hex: a label of a host's name. */
  readonly name: string;
  readonly session: string;
  /** The lab's name of the host. */
  readonly host: string;
  readonly port: number;
  /** How often the lab had been reset. After a reset a preview has another origin, without the old pages' data in the browser. */
  readonly life: number;
  readonly secret: string;
}

/** What a preview is of. */
export type PreviewPlace = Pick<Preview, 'session' | 'host' | 'port' | 'life'>;

interface Token {
  readonly preview: Preview;
  readonly endsMs: number;
}

export class Previews {
  readonly #byName = new Map<string, Preview>();
  readonly #byPlace = new Map<string, Preview>();
  readonly #tokens = new Map<string, Token>();

  /** The preview of a port, the same as long as it is remembered, and a token that lets one browser in. */
  open(of: PreviewPlace): { readonly preview: Preview; readonly token: string } {
    const place = placeOf(of);
    const preview = this.#byPlace.get(place) ?? {
      ...of,
      name: randomBytes(16).toString('hex'),
      secret: randomBytes(32).toString('base64url'),
    };
    // Set again, so that the maps' order is the order of use.
    this.#forget(preview);
    this.#byName.set(preview.name, preview);
    this.#byPlace.set(place, preview);
    const [oldest] = this.#byName.values();
    if (oldest !== undefined && this.#byName.size > maxPreviews) this.#forget(oldest);
    return { preview, token: this.#give(preview) };
  }

  /** The preview that a token opens; null if the token is unknown, used or too old. */
  enter(token: string): Preview | null {
    const found = this.#tokens.get(token);
    this.#tokens.delete(token);
    return found !== undefined && found.endsMs > monotonicMs() ? found.preview : null;
  }

  find(name: string): Preview | null {
    return this.#byName.get(name) ?? null;
  }

  #give(preview: Preview): string {
    const now = monotonicMs();
    // Oldest first, and all live equally long: the outdated ones stand in front.
    for (const [id, { endsMs }] of this.#tokens) {
      if (endsMs > now && this.#tokens.size < maxPreviewTokens) break;
      this.#tokens.delete(id);
    }
    const token = randomBytes(24).toString('base64url');
    this.#tokens.set(token, { preview, endsMs: now + previewTokenMs });
    return token;
  }

  #forget(preview: Preview): void {
    this.#byName.delete(preview.name);
    this.#byPlace.delete(placeOf(preview));
  }
}

function placeOf({ session, host, port, life }: PreviewPlace): string {
  return `${session} ${life} ${host} ${port}`;
}

/** Whether `given` is the preview's secret; takes the same time wherever they differ. */
export function isSecret(preview: Preview, given: string): boolean {
  const [one, other] = [Buffer.from(preview.secret), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}
