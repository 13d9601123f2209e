// What can be told of a lesson without a lab: its lab file by the schema, its text by these rules, and that the two fit.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readStartingFiles, StartingFilesError } from '@drydock/sandbox-server';
import { addressOf, numberOf } from '../../lessons/schema/lesson-id.ts';
import { frontMatter, type Lab, orNear, placeOf, readLab, readYaml } from '../../lessons/schema.ts';
import { type LessonText, type Place, readLessonText, textAttribute, withThoseInside } from './lesson-text.ts';
import { lintImages, noImage } from './lint-images.ts';
import { lintMedia } from './lint-media.ts';
import { componentInPlainText, lintText, type Say } from './lint-text.ts';
import { quoteInQuotes } from './quotes.ts';
import type { Surroundings } from './surroundings.ts';

export interface Finding extends Place {
  /** `lesson.mdx`, relative to the lesson's folder. */
  readonly file: string;
  readonly message: string;
}

/** The reader's messages begin with the place, `12:5: `, and end with it and a code of its own. */
function placeIn(message: string): { readonly place: Place; readonly rest: string } {
  const [, line = '1', column = '1', rest = message] = /^(\d+):(\d+): (.*?)(?: \([\w:-]+\))*$/s.exec(message) ?? [];
  return { place: { line: Number(line), column: Number(column) }, rest };
}

const atTop: Place = { line: 1, column: 1 };
type SayOf = (file: string, place: Place, message: string) => void;

/** What the lab file names that must stand elsewhere. */
function lintNames(text: string, lab: Lab, { recipes }: Surroundings, say: Say): void {
  for (const [number, image] of lab.images.entries())
    if (!recipes.offers(image) || recipes.isUnfetched(image))
      say(placeOf(text, ['images', number]), `images: ${noImage(image, recipes)}`);
  for (const [number, { workspace }] of lab.hosts.entries())
    if (!recipes.workspaces.has(workspace))
      say(
        placeOf(text, ['hosts', number, 'workspace']),
        `hosts: there is no workspace image ${workspace}${orNear(workspace, recipes.workspaces)}`,
      );
}

/** The files that the hosts have from the start: what the server would refuse at its start. */
async function lintFiles(folder: string, lab: Lab, say: SayOf): Promise<void> {
  try {
    await readStartingFiles(path.join(folder, 'files'), lab);
  } catch (error) {
    if (!(error instanceof StartingFilesError)) throw error;
    say(path.relative(folder, error.path), atTop, error.why);
  }
}

async function lintLab(
  folder: string,
  around: Surroundings,
  say: SayOf,
): Promise<{ readonly lab: Lab; readonly yaml: string } | null> {
  const text = await readFile(path.join(folder, 'lab.yaml'), 'utf8').catch(() => null);
  if (text === null) {
    say('lab.yaml', atTop, 'is missing: the lesson has no lab');
    return null;
  }
  const read = readLab(text);
  if ('mistakes' in read) {
    for (const { message, ...place } of read.mistakes) say('lab.yaml', place, message);
    return null;
  }
  lintNames(text, read.lab, around, (place, message) => say('lab.yaml', place, message));
  await lintFiles(folder, read.lab, say);
  return { lab: read.lab, yaml: text };
}

/** That the lesson is the only one of its number and of its address. */
function lintPlace(folder: string, { lessons }: Surroundings, say: Say): void {
  const own = folder.split(path.sep).slice(-2).join('/');
  for (const other of lessons.filter((id) => id !== own)) {
    if (numberOf(other) === numberOf(own)) say(atTop, `${other} has the number ${numberOf(own)} too`);
    if (addressOf(other) === addressOf(own)) say(atTop, `${other} has the address ${addressOf(own)} too`);
  }
}

function lintFrontMatter(yaml: string, folder: string, { components }: Surroundings, say: Say): void {
  const head = readYaml(yaml, frontMatter);
  // Its first line is the text's second.
  const inText: Say = ({ line, column }, message) => say({ line: line + 1, column }, message);
  const number = numberOf(folder);
  for (const [at, line] of yaml.split('\n').entries()) {
    const inside = componentInPlainText(line, components);
    if (inside !== null)
      say(
        { line: at + 2, column: 1 },
        `what stands above the text is plain text, and shows <${inside}> as it is written`,
      );
  }
  if ('mistakes' in head) for (const { message, ...place } of head.mistakes) inText(place, message);
  else if (head.data.number !== number)
    inText(placeOf(yaml, ['number']), `number: is ${head.data.number}, and ${number} in the folder’s name`);
}

/** What is wrong with one lesson; nothing where nothing is. `folder` is the lesson's. */
export async function lintLesson(folder: string, around: Surroundings): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const say: SayOf = (file, { line, column }, message) => void findings.push({ file, line, column, message });
  const lab = await lintLab(folder, around, say);
  const inText: Say = (place, message) => say('lesson.mdx', place, message);
  lintPlace(folder, around, inText);
  const source = await readFile(path.join(folder, 'lesson.mdx'), 'utf8').catch(() => null);
  if (source === null) {
    inText(atTop, 'is missing: the lesson has no text');
    return findings;
  }
  let text: LessonText;
  try {
    text = readLessonText(source);
  } catch (error) {
    const { place, rest } = placeIn(error instanceof Error ? error.message : String(error));
    const quote = quoteInQuotes(source);
    const isExpression = /parse expression/.test(rest);
    if (quote === null && isExpression)
      inText(
        place,
        'these braces are no parameter: put what stands in braces into backticks, or write \\{ for the brace',
      );
    else if (quote === null) inText(place, `this is no MDX: ${rest}`);
    else inText(quote, `${quote.attribute}="…" ends at the second quote: take “ ” within a text that stands in "`);
    return findings;
  }
  lintFrontMatter(text.frontMatter ?? '', folder, around, inText);
  await lintMedia(folder, text, inText);
  if (lab === null) return findings;
  lintText(text, lab.lab, around, inText);
  const commands = withThoseInside(text.components).flatMap((one) => {
    const run = one.attributes.get('expect') === 'fails' ? undefined : textAttribute(one, 'run');
    return run === undefined ? [] : [{ line: one.line, column: one.column, run }];
  });
  lintImages(lab.yaml, lab.lab, commands, around.recipes, say);
  return findings;
}
