// The public entry to the language of Dockerfiles: what one means, and what is wrong with it, by the same parser and rules that build it.

export { ignoredPaths } from './build/language/ignored-paths.ts';
export type { ImageDocument } from './build/language/image-document.ts';
export type { Healthcheck, Instruction, InstructionOf } from './build/language/instructions.ts';
export type { Warning } from './build/language/lint.ts';
export { type RuleName, rules } from './build/language/lint-rules.ts';
export { type Mount, parseMount } from './build/language/mounts.ts';
export { pathPattern } from './build/language/path-pattern.ts';
export { type ReadDockerfile, type Reading, type ReadStage, readDockerfile } from './build/language/read-dockerfile.ts';
