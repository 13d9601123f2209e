// What a lesson's Markdown means that other Markdown does not. Small and without imports.

/** The name of the parameter that an expression of MDX is: `{{port}}` is one with `{port}` in its braces. Else null. */
export function parameterIn(expression: string): string | null {
  return /^\s*\{\s*([a-z][a-zA-Z0-9]{0,31})\s*\}\s*$/.exec(expression)?.[1] ?? null;
}

/** Whether an address is of another site than Drydock. */
export function leadsOut(address: string): boolean {
  return /^https?:\/\//i.test(address);
}
