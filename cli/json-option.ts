// The option of commands that list or report.

export interface JsonOption {
  readonly json?: boolean;
}

export const json = ['--json', 'print JSON, for programs'] as const;
