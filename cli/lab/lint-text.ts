// The rules of a lesson's text: its components, questions, tasks, commands and links, and that it fits its lab file.

import { type Lab, namesIn } from '../../lessons/schema.ts';
import { type Component, type LessonText, type Place, textAttribute, withThoseInside } from './lesson-text.ts';
import type { Surroundings } from './surroundings.ts';

export type Say = (place: Place, message: string) => void;

function lintQuestions(all: readonly Component[], say: Say): void {
  const seen = new Set<string>();
  for (const question of all.filter(({ name }) => name === 'Question' || name === 'Predict')) {
    const id = textAttribute(question, 'id') ?? '';
    if (seen.has(id)) say(question, `the question ${id} is there twice`);
    seen.add(id);
    const options = question.children.filter(({ name }) => name === 'Option');
    if (options.length < 2) say(question, `the question ${id} needs two options at least`);
    const right = options.filter(({ attributes }) => attributes.get('right') === true);
    if (right.length !== 1) say(question, `the question ${id} has ${right.length} options that are right, not one`);
    const ids = options.map((option) => textAttribute(option, 'id'));
    if (new Set(ids).size !== ids.length) say(question, `two options of the question ${id} have one id`);
    for (const option of options) {
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
  const expect = command.attributes.get('expect');
  if (expect !== undefined && expect !== 'fails') say(command, 'expect can only be "fails"');
  const [host, terminal] = [textAttribute(command, 'host'), textAttribute(command, 'terminal')];
  if (host !== undefined && !lab.hosts.some((each) => each.name === host)) say(command, `there is no host ${host}`);
  if (terminal !== undefined && !lab.terminals.some(({ title }) => title === terminal))
    say(command, `lab.yaml has no terminal “${terminal}”`);
}

/** That a component is one, and says what it must and nothing else. */
function lintForm(component: Component, { components }: Surroundings, say: Say): void {
  const { name, attributes } = component;
  if (!/^[A-Z]/.test(name)) return;
  const form = components.get(name);
  if (form === undefined) {
    say(component, `there is no component ${name}`);
    return;
  }
  for (const each of form.required) {
    const value = attributes.get(each);
    if (value === undefined || (typeof value === 'string' && value.trim() === ''))
      say(component, `this ${name} has no ${each}="…"`);
  }
  const known = [...form.required, ...form.optional];
  for (const each of attributes.keys())
    if (!known.includes(each))
      say(component, `${name} knows no ${each}${known.length === 0 ? '' : `; it takes ${known.join(', ')}`}`);
}

/** Says what is wrong with a text, and where it does not fit its lab. */
export function lintText(text: LessonText, lab: Lab, around: Surroundings, say: Say): void {
  const all = withThoseInside(text.components);
  for (const component of all) {
    const { name, attributes } = component;
    lintForm(component, around, say);
    if (name === 'Command' || name === 'Predict') lintCommand(component, lab, say);
    const of = textAttribute(component, 'of');
    if (name === 'Value' && of !== undefined && !Object.hasOwn(lab.parameters, of))
      say(component, `lab.yaml has no parameter ${of}`);
    if (name === 'Term' && of !== undefined && !around.terms.has(of))
      say(component, `lessons/glossary.yaml has no word ${of}`);
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
