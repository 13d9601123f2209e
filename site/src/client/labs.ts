/** The labs of the course, by the lesson's id, as the page was built with them: how each is called, and where it is. */

export interface LabName {
  readonly title: string;
  readonly path: string;
}

export let labs: ReadonlyMap<string, LabName> = new Map();

/** Reads them from the page, where Workbench.astro has written them. To be called once, before a lab is named. */
export function takeUpLabs(root: HTMLElement): void {
  labs = new Map(JSON.parse(root.dataset.labs ?? '') as readonly (readonly [string, LabName])[]);
}
