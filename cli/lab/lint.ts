// What can be told of a lesson without a lab: its lab file by the schema, its text by these rules, and that the two fit.

import { access, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { frontMatter, type Lab, namesIn, readLab, readYaml } from '../../lessons/schema.ts';
import { cloneFolder } from '../paths.ts';
import {
  type Component,
  type LessonText,
  type Place,
  readLessonText,
  textAttribute,
  withThoseInside,
} from './lesson-text.ts';
import { allLessons } from './lessons.ts';

export interface Finding extends Place {
  /** `lesson.mdx`, relative to the lesson's folder. */
  readonly file: string;
  readonly message: string;
}

/** What lessons may name that stands elsewhere. */
export interface Surroundings {
  /** What may stand in a text: the site's lesson components. */
  readonly components: ReadonlySet<string>;
  /** Names of images that students may pull, with every tag that the recipes say. */
  readonly images: ReadonlySet<string>;
  readonly workspaces: ReadonlySet<string>;
  readonly terms: ReadonlySet<string>;
  /** Addresses of pages: `/lessons/first-container/`. */
  readonly pages: ReadonlySet<string>;
}

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

interface Recipe {
  readonly offered?: boolean;
  readonly variants?: Readonly<Record<string, unknown>>;
}

/** `folder` holds the lessons; images, components and words are the clone's. */
export async function surroundings(folder: string): Promise<Surroundings> {
  const site = path.join(cloneFolder, 'site/src');
  const components = (await readdir(path.join(site, 'lesson-components'))).flatMap((file) =>
    file.endsWith('.astro') ? [file.slice(0, -'.astro'.length)] : [],
  );
  const [images, workspaces] = [new Set<string>(), new Set<string>()];
  const recipes = path.join(cloneFolder, 'lessons/images');
  for (const name of await readdir(recipes)) {
    const file = path.join(recipes, name, 'recipe.json');
    if (!(await exists(file))) continue;
    const recipe = JSON.parse(await readFile(file, 'utf8')) as Recipe;
    if (/^workspace/.test(name)) workspaces.add(name);
    if (recipe.offered !== false) {
      images.add(name);
      for (const tag of Object.keys(recipe.variants ?? {})) images.add(`${name}:${tag}`);
    }
  }
  const words = await readFile(path.join(cloneFolder, 'lessons/glossary.yaml'), 'utf8').catch(() => '');
  const lessons = await allLessons(folder);
  return {
    components: new Set(components),
    images,
    workspaces,
    terms: new Set([...words.matchAll(/^- id: (\S+)$/gm)].map(([, id = '']) => id)),
    pages: new Set([
      ...['/', '/playground/', '/glossary/'],
      ...lessons.map((id) => `/lessons/${path.basename(id).replace(/^\d+-/, '')}/`),
    ]),
  };
}

type Say = (place: Place, message: string) => void;

function lintQuestions(all: readonly Component[], say: Say): void {
  const seen = new Set<string>();
  for (const question of all.filter(({ name }) => name === 'Question' || name === 'Predict')) {
    const id = textAttribute(question, 'id') ?? '';
    if (id === '') say(question, `this ${question.name} has no id`);
    else if (seen.has(id)) say(question, `the question ${id} is there twice`);
    seen.add(id);
    if (textAttribute(question, 'asks') === undefined) say(question, `the question ${id} does not say what it asks`);
    const options = question.children.filter(({ name }) => name === 'Option');
    if (options.length < 2) say(question, `the question ${id} needs two options at least`);
    const right = options.filter(({ attributes }) => attributes.get('right') === true);
    if (right.length !== 1) say(question, `the question ${id} has ${right.length} options that are right, not one`);
    const ids = options.map((option) => textAttribute(option, 'id'));
    if (new Set(ids).size !== ids.length) say(question, `two options of the question ${id} have one id`);
    for (const option of options) {
      if (textAttribute(option, 'says') === undefined) say(option, 'this option does not say anything');
      if (option.text.trim().length < 20) say(option, 'this option does not explain why it is right or wrong');
    }
  }
}

function lintTasks(all: readonly Component[], lab: Lab, say: Say): void {
  const tasks = all.filter(({ name }) => name === 'Task');
  const ids = tasks.map((task) => textAttribute(task, 'id') ?? '');
  const known = lab.tasks.map(({ id }) => id);
  for (const [place, task] of tasks.entries()) {
    const id = ids[place] ?? '';
    if (!known.includes(id)) say(task, `lab.yaml has no task ${id || 'without an id'}`);
    else if (ids.indexOf(id) !== place) say(task, `the task ${id} is there twice`);
    if (textAttribute(task, 'goal') === undefined) say(task, `the task ${id} has no goal`);
    if (!task.children.some(({ name }) => name === 'Hint')) say(task, `the task ${id} has no hint`);
  }
  const missing = known.filter((id) => !ids.includes(id));
  const end = { line: tasks.at(-1)?.line ?? 1, column: 1 };
  for (const id of missing) say(end, `the task ${id} of lab.yaml has no <Task id="${id}" …> in the text`);
  const ordered = known.filter((id) => ids.includes(id));
  const said = ids.filter((id) => known.includes(id));
  if (missing.length === 0 && said.length === known.length && said.join() !== ordered.join())
    say(tasks[0] ?? end, `the tasks stand in another order than in lab.yaml: ${known.join(', ')}`);
}

function lintCommand(command: Component, lab: Lab, say: Say): void {
  const { name, attributes } = command;
  const run = textAttribute(command, 'run');
  if (run === undefined || run.trim() === '') say(command, `this ${name} has no run="…"`);
  const expect = attributes.get('expect');
  if (expect !== undefined && expect !== 'fails') say(command, 'expect can only be "fails"');
  const [host, terminal] = [textAttribute(command, 'host'), textAttribute(command, 'terminal')];
  if (host !== undefined && !lab.hosts.some((each) => each.name === host)) say(command, `there is no host ${host}`);
  if (terminal !== undefined && !lab.terminals.some(({ title }) => title === terminal))
    say(command, `lab.yaml has no terminal “${terminal}”`);
}

function lintText(text: LessonText, lab: Lab, around: Surroundings, say: Say): void {
  const all = withThoseInside(text.components);
  for (const component of all) {
    const { name, attributes } = component;
    if (/^[A-Z]/.test(name) && !around.components.has(name)) say(component, `there is no component ${name}`);
    if (name === 'Command' || name === 'Predict') lintCommand(component, lab, say);
    const of = textAttribute(component, 'of');
    if (name === 'Value' && (of === undefined || !Object.hasOwn(lab.parameters, of)))
      say(component, `lab.yaml has no parameter ${of ?? ''}`);
    if (name === 'Term' && (of === undefined || !around.terms.has(of)))
      say(component, `lessons/glossary.yaml has no word ${of ?? ''}`);
    for (const value of attributes.values()) {
      if (value === null) say(component, `${name} has a value in braces; only texts in quotes may stand here`);
      if (typeof value !== 'string') continue;
      for (const parameter of namesIn(value))
        if (!Object.hasOwn(lab.parameters, parameter)) say(component, `lab.yaml has no parameter ${parameter}`);
    }
  }
  lintTasks(all, lab, say);
  lintQuestions(all, say);
  for (const { to, ...place } of text.links) {
    const [address = ''] = to.split('#');
    if (/^[a-z]+:/i.test(to) || to.startsWith('//'))
      say(place, `${to} leads out of Drydock, which may have no network`);
    else if (address !== '' && !around.pages.has(address)) say(place, `${to} leads nowhere`);
  }
}

/** The reader's messages begin with the place, `12:5: `, and end with it and a code of its own. */
function placeIn(message: string): { readonly place: Place; readonly rest: string } {
  const [, line = '1', column = '1', rest = message] = /^(\d+):(\d+): (.*?)(?: \([\w:-]+\))*$/s.exec(message) ?? [];
  return { place: { line: Number(line), column: Number(column) }, rest };
}

async function labOf(folder: string, say: (file: string, place: Place, message: string) => void): Promise<Lab | null> {
  const text = await readFile(path.join(folder, 'lab.yaml'), 'utf8').catch(() => null);
  if (text === null) {
    say('lab.yaml', { line: 1, column: 1 }, 'is missing: the lesson has no lab');
    return null;
  }
  const read = readLab(text);
  if ('lab' in read) return read.lab;
  for (const { message, ...place } of read.mistakes) say('lab.yaml', place, message);
  return null;
}

/** What is wrong with one lesson; nothing where nothing is. `folder` is the lesson's. */
export async function lintLesson(folder: string, around: Surroundings): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const say = (file: string, place: Place, message: string) =>
    void findings.push({ file, line: place.line, column: place.column, message });
  const lab = await labOf(folder, say);
  if (lab !== null) {
    for (const image of lab.images)
      if (!around.images.has(image) && !around.images.has(image.replace(/:latest$/, '')))
        say('lab.yaml', { line: 1, column: 1 }, `images: the catalogue has no image ${image}`);
    for (const { workspace } of lab.hosts)
      if (!around.workspaces.has(workspace))
        say('lab.yaml', { line: 1, column: 1 }, `hosts: there is no workspace image ${workspace}`);
  }
  const source = await readFile(path.join(folder, 'lesson.mdx'), 'utf8').catch(() => null);
  if (source === null) {
    say('lesson.mdx', { line: 1, column: 1 }, 'is missing: the lesson has no text');
    return findings;
  }
  let text: LessonText;
  try {
    text = readLessonText(source);
  } catch (error) {
    const { place, rest } = placeIn(error instanceof Error ? error.message : String(error));
    say('lesson.mdx', place, `this is no MDX: ${rest}`);
    return findings;
  }
  const inText: Say = (place, message) => say('lesson.mdx', place, message);
  const head = readYaml(text.frontMatter ?? '', frontMatter);
  if ('mistakes' in head)
    for (const { line, column, message } of head.mistakes) inText({ line: line + 1, column }, message);
  if (lab !== null) lintText(text, lab, around, inText);
  return findings;
}
