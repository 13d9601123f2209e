// What a lab file (`lab.yaml` beside a `lesson.mdx`) may say. A leaf: imports nothing of ours but what is in schema/. Strict,
// so that a typo fails the start and the tests, not a student. README.md tells it to whoever writes a lesson.

export type * from './schema/build-kinds.ts';
export { checkKinds, everyCheck, fromOf, hostOf } from './schema/check.ts';
export type * from './schema/check-kinds.ts';
export { fillIn, holdsParameter, namesIn, type ParameterValues } from './schema/fill-in.ts';
export { type FrontMatter, frontMatter } from './schema/front-matter.ts';
export {
  type Attempt,
  emptyLab,
  type Lab,
  type LabEditor,
  type LabHost,
  type LabPreview,
  type LabTerminal,
  lab,
  type Slip,
  type Task,
  type WrongAttempt,
  withParameters,
} from './schema/lab.ts';
export { namespaceHosts } from './schema/namespaces.ts';
export { nearest, orNear } from './schema/near.ts';
export type * from './schema/origin-kinds.ts';
export { chooseParameters, type Parameter, type Parameters } from './schema/parameters.ts';
export { type Mistake, mistakesInWords, parseLab, placeOf, readLab, readYaml } from './schema/read.ts';
export { anonymous, hubName, isOnHub } from './schema/repository-words.ts';
