// What a check of the engine, or of a part of it, has found.

export interface CheckReport {
  readonly ok: boolean;
  /** One sentence each: what disagrees and where. */
  readonly findings: readonly string[];
}
