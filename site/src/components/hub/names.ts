/** How images of the hub are called where they are pulled. */

/** In a lab: the official ones by their short name, as on Docker Hub. */
export function nameInLab(repository: string, isOfficial: boolean): string {
  return isOfficial ? repository.replace(/^library\//, '') : `hub.drydock/${repository}`;
}

/** On any other machine that reaches this site. */
export function nameOutside(repository: string): string {
  return `${location.host}/${repository}`;
}

/** `name:tag` or `name@digest`. */
export function withReference(name: string, reference: string): string {
  return `${name}${reference.includes(':') ? '@' : ':'}${reference}`;
}
