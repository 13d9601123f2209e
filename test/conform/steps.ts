// A build's progress as `--progress=plain` tells it, without what is no two times the same: the numbers of its steps, which of those
// that go on side by side comes first, how long each takes, and what is told only where it takes a while.

const numbered = /^#(\d+) (.*)$/;
/** ` 0.1s done`, ` done`: whether a time is told depends on how long it took. */
const told = / (\d+\.\d+s )?done$/;
const output = /^\d+\.\d+ /;
const spent = /\d+\.\d+s\b/g;
/** Warnings come while the Dockerfile is read, or behind it, and all are told at the end again; how much has come is told later. */
const isRacing = (text: string): boolean => /^WARN: |^transferring \S+:( \d+\.\d+s)?$/.test(text);

/** How long a file is that compose writes, which has the path of the case in it. */
const path = /(?<=reading from stdin )\d+B/;
/** Whether BuildKit has needed a base before is no matter of a build. */
const base = /^\[.*\] FROM /;
/** What compose does with several at once. */
const isOfCompose = (line: string): boolean => /^ \S.* {2}\w+$/.test(line);

/** The steps by their names, each with what it told; then what belongs to none; then what compose does. */
export function stepsIn(progress: string): string {
  const steps = new Map<string, { readonly name: string; readonly lines: Set<string> }>();
  const rest: string[] = [];
  for (const line of progress.replaceAll('\u001b[K', '').split(/\r?\n/)) {
    const [, number, text = ''] = numbered.exec(line) ?? [];
    const known = number === undefined ? undefined : steps.get(number);
    if (number === undefined) {
      if (line.trim() !== '') rest.push(line.replace(output, '').replaceAll(spent, '<time>'));
    } else if (!known) steps.set(number, { name: text, lines: new Set() });
    else if (!isRacing(text) && text !== '...' && text !== known.name && !base.test(known.name))
      known.lines.add(text.replace(told, '').replace(output, '').replace(path, '<size>').replaceAll(spent, '<time>'));
  }
  const shown = [...steps.values()].map(({ name, lines }) =>
    [name, ...Array.from(lines, (line) => `  ${line}`)].join('\n'),
  );
  const others = [...rest.filter((line) => !isOfCompose(line)), ...rest.filter(isOfCompose).sort()];
  return [...shown.sort(), ...others].map((line) => `${line}\n`).join('');
}
