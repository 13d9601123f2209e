// Ends an entry point with a sentence: what failed, why, what to do.

export class Refusal extends Error {}

/** The last lines of what a program said, but for warnings, indented, to stand under our sentence. @param {string} output */
export const lastLines = (output) =>
  output
    .trim()
    .split('\n')
    .filter((line) => !/^npm warn/i.test(line))
    .slice(-12)
    .map((line) => `    ${line}`)
    .join('\n');

/** @param {string} output */
export const ranOutOfSpace = (output) => /ENOSPC|No space left on device|enough free space/i.test(output);
