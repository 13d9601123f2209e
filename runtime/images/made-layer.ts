// What a step of a build has made, or an exchange has brought.

/** A layer that was made: held until it is disposed of, so that nobody takes it away who has one like it. */
export interface MadeLayer extends Disposable {
  readonly diffId: string;
  /** What its files hold. */
  readonly bytes: number;
}
