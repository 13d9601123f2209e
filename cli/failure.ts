// What a command ends with when it fails: a sentence for stderr and an exit code.

export const exitFailed = 1;
export const exitUsage = 2;

/** Shown to the operator as it stands, without a stack: what, why, what next. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options);
    this.name = 'Failure';
    this.exitCode = options.exitCode ?? exitFailed;
  }
}
