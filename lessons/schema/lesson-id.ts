// What a lesson's id, `01-why-containers/02-first-container`, says of it. Without imports.

const folderOf = (lesson: string): string => lesson.slice(lesson.lastIndexOf('/') + 1);

/** `01-why-containers/02-first-container` -> 2 */
export function numberOf(lesson: string): number {
  return Number(/^\d+/.exec(folderOf(lesson))?.[0]);
}

/** `01-why-containers/02-first-container` -> `first-container` */
export function nameOf(lesson: string): string {
  return folderOf(lesson).replace(/^\d+-/, '');
}

/** `01-why-containers/02-first-container` -> `/lessons/first-container/` */
export function addressOf(lesson: string): string {
  return `/lessons/${nameOf(lesson)}/`;
}
