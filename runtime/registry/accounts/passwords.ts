// Passwords as they are kept: argon2id of `node:crypto`, in PHC strings (`$argon2id$v=19$m=…,t=…,p=…$SALT$HASH`).

import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { EngineError } from '../../errors.ts';
import { maxPasswordCharacters, maxPasswordsAtOnce, maxPasswordsWaiting, minPasswordCharacters } from '../../limits.ts';
import { Turnstile } from '../../turnstile.ts';

interface Cost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** OWASP's for argon2id (19 MiB, two passes): 45 ms on one core, in a thread of Node's pool. */
const cost: Cost = { memory: 19 * 1024, passes: 2, parallelism: 1 };
const saltBytes = 16;
const hashBytes = 32;
const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

const derive = promisify(argon2);
/** Node's pool has four threads, which files need too. */
const turnstile = new Turnstile({ perKey: maxPasswordsAtOnce, inAll: maxPasswordsAtOnce });
let waiting = 0;

/** Throws exhausted where too many wait already. */
async function hash(password: string, salt: Buffer, { memory, passes, parallelism }: Cost, bytes: number) {
  if (waiting >= maxPasswordsWaiting)
    throw new EngineError('exhausted', 'too many passwords are being checked; try again in a moment');
  waiting++;
  try {
    const message = Buffer.from(password.normalize('NFC'));
    const given = { message, nonce: salt, parallelism, tagLength: bytes, memory, passes };
    return await turnstile.pass('', async () => await derive('argon2id', given));
  } finally {
    waiting--;
  }
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

/** Throws invalid for one that is too short or too long, exhausted. */
export async function hashPassword(password: string): Promise<string> {
  const { length } = [...password];
  if (length < minPasswordCharacters || length > maxPasswordCharacters)
    throw new EngineError(
      'invalid',
      `a password has ${minPasswordCharacters} to ${maxPasswordCharacters} characters, this one has ${length}`,
    );
  const salt = randomBytes(saltBytes);
  const { memory, passes, parallelism } = cost;
  const hashed = await hash(password, salt, cost, hashBytes);
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hashed)}`;
}

/** Of no password: what is asked for an account that is not there takes as long as for one that is. */
const nobodys = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(randomBytes(saltBytes))}$${base64(randomBytes(hashBytes))}`;

/** False also where `stored` is null: after as much work as for any other. Throws exhausted. */
export async function isPassword(stored: string | null, password: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt = '', expected = ''] = phc.exec(stored ?? nobodys) ?? [];
  if (memory === undefined) throw new EngineError('dataLoss', 'the hash of a password is not well formed');
  const wanted = Buffer.from(expected, 'base64');
  const asked = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  // One that is longer than any can be is none, and is not worked on.
  const tried = password.length > 4 * maxPasswordCharacters ? '' : password;
  const found = await hash(tried, Buffer.from(salt, 'base64'), asked, wanted.length);
  return timingSafeEqual(found, wanted) && stored !== null;
}

/** Whether it was hashed with another cost than new ones are. */
export function isOutdated(stored: string): boolean {
  const [, memory, passes, parallelism] = phc.exec(stored) ?? [];
  return Number(memory) !== cost.memory || Number(passes) !== cost.passes || Number(parallelism) !== cost.parallelism;
}
