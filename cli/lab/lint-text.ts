// The rules of a lesson's text: its components, questions, tasks, commands and links, and that it fits its lab file.

import { readFence } from '../../lessons/schema/code-fence.ts';
import { leadsOut, parameterIn } from '../../lessons/schema/markdown.ts';
import { homePath } from '../../lessons/schema/words.ts';
import { type Lab, namesIn, namespaceHosts, orNear } from '../../lessons/schema.ts';
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
      if (option.text.trim().split(/\s+/).length < 2)
        say(option, 'this option does not explain why it is right or wrong: say it between its tags, in a sentence');
    }
  }
}

function lintTasks(all: readonly Component[], lab: Lab, say: Say): void {
  const tasks = all.filter(({ name }) => name === 'Task');
  const ids = tasks.map((task) => textAttribute(task, 'id') ?? '');
  const known = lab.tasks.map(({ id }) => id);
  for (const [place, task] of tasks.entries()) {
    const id = ids[place] ?? '';
    if (!known.includes(id)) say(task, `lab.yaml has no task ${id || 'without an id'}${orNear(id, known)}`);
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
  if (host !== undefined && !lab.hosts.some((each) => each.name === host))
    say(
      command,
      `there is no host ${host}${orNear(
        host,
        lab.hosts.map(({ name }) => name),
      )}`,
    );
  if (terminal !== undefined && !lab.terminals.some(({ title }) => title === terminal))
    say(command, `lab.yaml has no terminal “${terminal}”`);
}

/** A command without a host runs in the terminal in hand, which an earlier one may have changed. */
function lintPlaces(all: readonly Component[], say: Say): void {
  let last: string | undefined;
  for (const command of all.filter(({ name }) => name === 'Command' || name === 'Predict')) {
    const [host, terminal] = [textAttribute(command, 'host'), textAttribute(command, 'terminal')];
    if (host === undefined && terminal === undefined && last !== undefined)
      say(command, `it would run on ${last}, where a command before it runs: write host="…"`);
    last = host ?? last;
  }
}

function lintOpenFile(component: Component, lab: Lab, say: Say): void {
  const [path = '', line, host] = ['path', 'line', 'host'].map((name) => textAttribute(component, name));
  const known = lab.hosts.map(({ name }) => name);
  if (host !== undefined && !known.includes(host)) say(component, `there is no host ${host}${orNear(host, known)}`);
  if (line !== undefined && !/^[1-9]\d{0,5}$/.test(line)) say(component, `line="${line}" is no number of a line`);
  if (!homePath.safeParse(path).success) say(component, `${path} is no path below the home directory`);
}

/** That a component is one, and says what it must and nothing else. */
function lintForm(component: Component, { components }: Surroundings, say: Say): void {
  const { name, attributes } = component;
  if (!/^[A-Z]/.test(name)) {
    say(component, `<${name}> is HTML, which a lesson may not have: write it in Markdown, or &lt; for the sign itself`);
    return;
  }
  const form = isWritten(name) ? components.get(name) : undefined;
  if (form === undefined) {
    say(component, `there is no component ${name}${orNear(name, [...components.keys()].filter(isWritten))}`);
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
      say(
        component,
        each === '…'
          ? `${name} is given something in braces; only names with texts in quotes may stand here`
          : `${name} knows no ${each}${orNear(each, known) || (known.length === 0 ? '' : `; it takes ${known.join(', ')}`)}`,
      );
}

/** The component in a text that is shown as it is written; code in backticks may say anything. */
export function componentInPlainText(said: string, components: Surroundings['components']): string | null {
  const names = [...said.replace(/`[^`]*`/g, '').matchAll(/<\/?([A-Z]\w*)/g)].map(([, name = '']) => name);
  return names.find((name) => components.has(name)) ?? null;
}

/** Parts of other components, and what Markdown's own signs become: nobody writes them. */
export const notWritten = [
  'CodeBlock',
  'CommandPlace',
  'Inline',
  'InlineCode',
  'ListTick',
  'OutsideLink',
  'Picture',
  'SolutionScript',
  'Values',
  'Words',
];
const isWritten = (name: string): boolean => !notWritten.includes(name);

/** What would run where the site is built. */
function lintScripts({ scripts }: LessonText, sayParameters: (place: Place, text: string) => void, say: Say): void {
  for (const { kind, source, ...place } of scripts) {
    const [line = ''] = source.trim().split('\n');
    const shown = line.length > 40 ? `${line.slice(0, 39)}…` : line;
    const parameter = kind === 'expression' ? parameterIn(source) : null;
    if (parameter !== null) sayParameters(place, `{{${parameter}}}`);
    else if (kind === 'module')
      say(place, `“${shown}”: a lesson imports and exports nothing; its components are there already`);
    else if (!/^\s*(\/\*.*?\*\/\s*)*$/s.test(source))
      say(
        place,
        `{${shown}} is an expression, which a lesson may not have: put it in backticks, or write \\{ for the brace`,
      );
  }
}

/** Says what is wrong with a text, and where it does not fit its lab. */
export function lintText(text: LessonText, lab: Lab, around: Surroundings, say: Say): void {
  const parameters = [...Object.keys(lab.parameters), ...namespaceHosts(lab.hosts).keys()];
  const sayParameters = (place: Place, said: string) => {
    for (const name of namesIn(said))
      if (!parameters.includes(name)) say(place, `lab.yaml has no parameter ${name}${orNear(name, parameters)}`);
  };
  const all = withThoseInside(text.components);
  for (const component of all) {
    const { name, attributes } = component;
    lintForm(component, around, say);
    if (name === 'Command' || name === 'Predict') lintCommand(component, lab, say);
    if (name === 'OpenFile') lintOpenFile(component, lab, say);
    const of = textAttribute(component, 'of');
    if (name === 'Value' && of !== undefined) sayParameters(component, `{{${of}}}`);
    if (name === 'Term' && of !== undefined && !around.terms.has(of))
      say(component, `no glossary.yaml has the word ${of}${orNear(of, around.terms)}`);
    for (const [attribute, value] of attributes) {
      if (value === null && attribute !== '…')
        say(component, `${name} has a value in braces; only texts in quotes may stand here`);
      if (typeof value !== 'string') continue;
      sayParameters(component, value);
      const inside = attribute === 'run' ? null : componentInPlainText(value, around.components);
      if (inside !== null)
        say(
          component,
          `${attribute}="…" is plain text and shows <${inside}> as it is written: put it between the tags`,
        );
    }
  }
  lintScripts(text, sayParameters, say);
  for (const { text: code, ...place } of text.codes) sayParameters(place, code);
  for (const { lang, meta, text: code, ...place } of text.codeBlocks) {
    sayParameters(place, `${meta}\n${code}`);
    try {
      readFence(lang, meta, code.split('\n').length);
    } catch (error) {
      say(place, error instanceof Error ? error.message : String(error));
    }
  }
  lintTasks(all, lab, say);
  if (lab.hosts.length > 1) lintPlaces(all, say);
  lintQuestions(all, say);
  lintLinks(text, around, say);
}

function lintLinks({ links }: LessonText, { pages, recipes }: Surroundings, say: Say): void {
  /** The hub's page of an official image: `/hub/library/nginx:latest`. */
  const isOfImage = (address: string) => recipes.offers(/^\/hub\/library\/([^/]+)$/.exec(address)?.[1] ?? '');
  for (const { to, ...place } of links) {
    const [address = ''] = to.split('#');
    if (leadsOut(to)) {
      if (!URL.canParse(to)) say(place, `${to} is no address`);
    } else if (/^[a-z][a-z0-9+.-]*:/i.test(to) || to.startsWith('//')) {
      say(place, `${to} leads out of Drydock by another way than https://`);
    } else if (address !== '' && !pages.has(address) && !isOfImage(address)) {
      say(place, `${to} leads nowhere${orNear(address, pages)}`);
    }
  }
}
