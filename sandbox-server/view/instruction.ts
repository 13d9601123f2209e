// What a step of an image's history says, in a Dockerfile's words.

/** As a Dockerfile would say it: the classic builder and BuildKit both wrap it, and our catalogue has words of its own. */
export function instruction(createdBy: string): string {
  // Far more than is shown.
  const text = createdBy.slice(0, 1000).trim();
  const recipe = /^recipe ([\w.:-]+)(?:, packages (.+))?$/.exec(text);
  if (recipe) return recipe[2] === undefined ? (recipe[1] ?? '') : `install ${recipe[2]}`;
  const nop = /^\/bin\/sh -c #\(nop\)\s+(.+)$/s.exec(text)?.[1];
  if (nop !== undefined) return nop;
  const run = /^(?:RUN\s+)?(?:\|\d+ .*?)?\/bin\/sh -c\s+(.+?)(?:\s*# buildkit)?$/s.exec(text)?.[1];
  return run === undefined ? text.replace(/\s*# buildkit$/, '') : `RUN ${run.replace(/\s+/g, ' ')}`;
}
