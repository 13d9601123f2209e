// The keys that tokens are signed with: in one file that only root reads. Old ones are kept for as long as something that they signed
// may be shown, without the part that signs.

import { createHmac, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { maxSigningKeys, refreshTokenMs } from '../../limits.ts';

export const signingAlgorithm = 'ES256';

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const jwkSchema = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: coordinate,
  y: coordinate,
  /** The part that signs. */
  d: coordinate.optional(),
});
const fileSchema = z.strictObject({
  version: z.literal(1),
  /** The newest first: it signs. */
  keys: z
    .array(z.strictObject({ kid: z.string().min(1).max(100), retired: z.number().nullable(), jwk: jwkSchema }))
    .min(1)
    .max(maxSigningKeys),
  /** Passwords of sessions are made from it. */
  secret: coordinate,
});
type KeyFile = z.infer<typeof fileSchema>;
type Jwk = z.infer<typeof jwkSchema>;
type Key = Awaited<ReturnType<typeof importJWK>>;

export class SigningKeys {
  readonly #path: string;
  readonly #now: () => number;
  #file: KeyFile;
  readonly #imported = new Map<string, Promise<Key>>();

  private constructor(filePath: string, now: () => number, file: KeyFile) {
    this.#path = filePath;
    this.#now = now;
    this.#file = file;
  }

  /** Makes the file where it is missing. Throws dataLoss where it holds something else. */
  static async open(filePath: string, now: () => number): Promise<SigningKeys> {
    const text = fs.existsSync(filePath) ? fs.readFileSync(filePath, 'utf8') : null;
    if (text !== null) return new SigningKeys(filePath, now, parse(text, filePath));
    const file: KeyFile = {
      version: 1,
      keys: [{ ...(await newKey()), retired: null }],
      secret: randomBytes(32).toString('base64url'),
    };
    write(filePath, file);
    return new SigningKeys(filePath, now, file);
  }

  /** From now on a new key signs. What the one before has signed is valid until it ends by itself. */
  async rotate(): Promise<string> {
    const made = await newKey();
    const now = this.#now();
    const old = this.#file.keys
      .map(({ kid, retired, jwk: { d: _d, ...jwk } }) => ({ kid, retired: retired ?? now, jwk }))
      .filter(({ retired }) => now - retired < refreshTokenMs);
    const file = { ...this.#file, keys: [{ ...made, retired: null }, ...old].slice(0, maxSigningKeys) };
    write(this.#path, file);
    this.#file = file;
    this.#imported.clear();
    return made.kid;
  }

  async signing(): Promise<{ readonly kid: string; readonly key: Key }> {
    const [{ kid, jwk } = notThere()] = this.#file.keys;
    return { kid, key: await this.#import(`sign ${kid}`, jwk) };
  }

  /** The key that says whether a signature is right; null where no key has that name. */
  async verifying(kid: string): Promise<Key | null> {
    const found = this.#file.keys.find((key) => key.kid === kid);
    if (!found) return null;
    const { d: _d, ...jwk } = found.jwk;
    return await this.#import(`verify ${kid}`, jwk);
  }

  #import(name: string, jwk: Jwk): Promise<Key> {
    const { d, ...open } = jwk;
    const known = this.#imported.get(name) ?? importJWK(d === undefined ? open : { ...open, d }, signingAlgorithm);
    this.#imported.set(name, known);
    return known;
  }

  /** The same for the same text as long as the file is there: nobody without the file can tell it. */
  derive(text: string): string {
    return createHmac('sha256', this.#file.secret).update(text).digest('base64url');
  }
}

function notThere(): never {
  throw new EngineError('dataLoss', 'the hub has no key to sign tokens with');
}

async function newKey(): Promise<{ kid: string; jwk: Jwk }> {
  const { privateKey } = await generateKeyPair(signingAlgorithm, { extractable: true });
  const { kty, crv, x, y, d } = await exportJWK(privateKey);
  const jwk = jwkSchema.parse({ kty, crv, x, y, d });
  return { kid: await calculateJwkThumbprint({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }), jwk };
}

function parse(text: string, filePath: string): KeyFile {
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch {
    // Without the cause: an error about a file may quote what is in it.
    throw new EngineError(
      'dataLoss',
      `${filePath} does not hold the keys of the hub; put it back, or remove it and let everybody log in again`,
    );
  }
}

/** All of it or nothing, and on the disk. */
function write(filePath: string, file: KeyFile): void {
  const fresh = `${filePath}.new`;
  fs.rmSync(fresh, { force: true });
  const descriptor = fs.openSync(fresh, 'wx', 0o600);
  try {
    fs.writeFileSync(descriptor, `${JSON.stringify(file)}\n`);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(fresh, filePath);
  const directory = fs.openSync(path.dirname(filePath), 'r');
  try {
    fs.fsyncSync(directory);
  } finally {
    fs.closeSync(directory);
  }
}
