/** A lesson's address from its id: `01-why-containers/02-first-container` is at `first-container`. */
export function addressOf(lesson: string): string {
  const directory = lesson.split('/').at(-1) ?? lesson;
  return directory.replace(/^\d+-/, '');
}
