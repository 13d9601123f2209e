// From a name and a secret to a person: the account's password, one of its access tokens, or what a lab was given. Also whether one who
// logged in before still is somebody.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { EngineError } from '../../errors.ts';
import { maxAccountNameLength, maxRememberedLogins, rememberedLoginMs } from '../../limits.ts';
import { Refusal } from '../refusal.ts';
import { type AccessTokens, isAccessToken } from './access-tokens.ts';
import type { Account, Accounts } from './accounts.ts';
import type { Guesses } from './guesses.ts';
import { hashPassword, isOutdated, isPassword } from './passwords.ts';
import type { Person } from './rights.ts';
import type { Sessions } from './sessions.ts';

export interface LoginParts {
  readonly accounts: Accounts;
  readonly tokens: AccessTokens;
  readonly sessions: Sessions;
  readonly guesses: Guesses;
  readonly now: () => number;
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export class Login {
  /** Names and secrets that were wrong, or came too often. */
  refused = 0;
  readonly #parts: LoginParts;
  /** By a keyed hash of name and password, until when it need not be worked on again: clients send both with each request. */
  readonly #remembered = new Map<
    string,
    { readonly until: number; readonly account: number; readonly epoch: number }
  >();
  readonly #key = randomBytes(32);

  constructor(parts: LoginParts) {
    this.#parts = parts;
  }

  /**
   * Throws UNAUTHORIZED where name or secret are wrong, and TOOMANYREQUESTS where there were too many wrong ones. `source` is who
   * asks: a host, an address.
   */
  async enter(name: string, secret: string, source: string): Promise<Person> {
    try {
      return await this.#enter(name, secret, source);
    } catch (error) {
      if (error instanceof Refusal) this.refused += 1;
      throw error;
    }
  }

  async #enter(name: string, secret: string, source: string): Promise<Person> {
    const { accounts, guesses } = this.#parts;
    const account = accounts.find(name);
    // What nobody can guess is not slowed down by those who guess.
    const drawn = account && this.#withDrawnSecret(account, secret);
    if (drawn) return drawn;
    if (isAccessToken(secret)) throw wrong();
    const guessed = name.slice(0, maxAccountNameLength + 1);
    const waitMs = guesses.waitMs(guessed, source);
    if (waitMs > 0) throw tooMany(waitMs);
    guesses.tried(guessed, source);
    const isRight = await this.#isPassword(account, secret).catch((error: unknown) => {
      guesses.takeBack(guessed, source);
      if (error instanceof EngineError && error.kind === 'exhausted') throw tooMany(1000);
      throw error;
    });
    if (!isRight || !account) throw wrong();
    guesses.right(guessed, source);
    return personOf(account);
  }

  /** Somebody in a lab who shows no credentials: whoever the lab's account is. Nobody where it has none of that name. */
  ofSession(name: string | null): Person | null {
    const account = name === null ? null : this.#parts.accounts.find(name);
    return account?.kind === 'session' ? personOf(account) : null;
  }

  /** By one of its access tokens, or by what its lab was given. */
  #withDrawnSecret(account: Account, secret: string): Person | null {
    if (isAccessToken(secret)) return this.#withToken(account, secret);
    return account.kind === 'session' && sameText(this.#parts.sessions.password(account), secret)
      ? personOf(account)
      : null;
  }

  #withToken(account: Account, secret: string): Person | null {
    const { tokens } = this.#parts;
    const token = tokens.find(account, secret);
    if (!token) return null;
    tokens.touch(token);
    return { ...personOf(account), token: { id: token.id, scope: token.scope } };
  }

  async #isPassword(account: Account | null, password: string): Promise<boolean> {
    const { now } = this.#parts;
    const remembered = createHmac('sha256', this.#key)
      .update(`${account?.name.length ?? 0} ${account?.name ?? ''} ${password}`)
      .digest('base64');
    const known = this.#remembered.get(remembered);
    if (account && known && known.account === account.id && known.epoch === account.epoch && known.until > now())
      return true;
    const stored = account ? this.#parts.accounts.password(account) : null;
    const right = await isPassword(stored, password);
    if (!right || !account || stored === null) return false;
    // It may have been changed, or the account removed, while this was worked on.
    if (this.#parts.accounts.withId(account.id)?.epoch !== account.epoch) return false;
    this.#remember(remembered, account);
    if (isOutdated(stored)) await this.#hashAnew(account, stored, password);
    return true;
  }

  /** With the cost of today. What does not work now is done at the next login. */
  async #hashAnew(account: Account, stored: string, password: string): Promise<void> {
    const { accounts } = this.#parts;
    const fresh = await hashPassword(password).catch(() => null);
    if (fresh !== null && accounts.password(account) === stored) accounts.setPassword(account, fresh, false);
  }

  #remember(key: string, { id, epoch }: Account): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, { until: this.#parts.now() + rememberedLoginMs, account: id, epoch });
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined && this.#remembered.size > maxRememberedLogins) this.#remembered.delete(oldest);
  }

  /** Whether the account is there still, with the password and the access token that it was entered with. */
  isStill({ account, epoch, token }: Person): boolean {
    const { accounts, tokens } = this.#parts;
    if (accounts.withId(account)?.epoch !== epoch) return false;
    return token === null || tokens.withId(account, token.id) !== null;
  }
}

function personOf({ id, name, epoch }: Account): Person {
  return { account: id, name, epoch, token: null };
}

const wrong = (): Refusal => new Refusal('UNAUTHORIZED', { message: 'incorrect username or password' });

function tooMany(waitMs: number): Refusal {
  const seconds = Math.ceil(waitMs / 1000);
  return new Refusal('TOOMANYREQUESTS', {
    message: `too many failed login attempts; try again in ${seconds} second${seconds === 1 ? '' : 's'}`,
    headers: { 'Retry-After': seconds },
  });
}
