// RUN: a command in a container, with its heredocs and mounts.

import { joinPath, trim } from '../go-text.ts';
import { contentOf, tryHeredoc, withoutTabs } from '../heredocs.ts';
import type { RunInstruction } from '../instructions.ts';
import { LanguageError } from '../source.ts';
import type { FilesStep, RunMount, RunStep } from '../steps.ts';
import { shellWords } from './apply-config.ts';
import { expandIn, internalStep, type PlanContext } from './context.ts';
import { runMounts } from './run-mounts.ts';
import type { Command, Stage } from './stage.ts';

interface Script {
  readonly words: readonly string[];
  /** Behind the instruction in progress. */
  readonly shownBehind: string;
  /** The file that is run in place of a line for the shell. */
  readonly mounts: readonly RunMount[];
}

/** The first line of a heredoc. */
function summary(content: string): string {
  const [first = '', ...more] = trim(content).replaceAll('\r\n', '\n').split('\n');
  return more.length > 0 ? `${first}...` : first;
}

/** Where the file of a heredoc that begins with `#!` is seen. */
const scriptFolder = '/dev/pipes/';

/** What a command with heredocs is: a script to run, lines for the shell, or the heredocs as the shell reads them itself. */
function scriptOf(stage: Stage, { words, isJson, heredocs }: RunInstruction): Script {
  const [first] = heredocs;
  const [line, ...others] = words;
  if (!first) return { words, shownBehind: '', mounts: [] };
  if (line === undefined || others.length > 0 || isJson)
    throw new LanguageError(`parsing produced an invalid run command: [${words.join(' ')}]`);
  if (!tryHeredoc(line)) {
    const full = [line, ...heredocs.map(({ content, name }) => `${content}${name}`)].join('\n');
    return { words: [full], shownBehind: '', mounts: [] };
  }
  const shownBehind = ` (${summary(first.content)})`;
  const content = contentOf(first);
  if (stage.draft.document.os === 'windows' || !first.content.startsWith('#!'))
    return { words: [content], shownBehind, mounts: [] };
  const platform = stage.platform ?? { os: 'linux', architecture: '' };
  const files: FilesStep = {
    ...internalStep('[internal] preparing inline document', platform),
    kind: 'files',
    base: null,
    actions: [
      { kind: 'mkfile', path: `/${first.name}`, mode: 0o755, data: first.chomp ? withoutTabs(content) : content },
    ],
    madeAt: null,
  };
  const mount: RunMount = { type: 'bind', from: files, source: '/', target: scriptFolder, readOnly: true };
  return { words: [joinPath(scriptFolder, first.name)], shownBehind, mounts: [mount] };
}

/** Upper case for the instruction's name. */
export function withUpperKeyword(code: string): string {
  const space = code.indexOf(' ');
  const end = space < 0 ? code.length : space;
  return code.slice(0, end).toUpperCase() + code.slice(end);
}

/** The instruction's text in progress: variables that are set are put in, secrets are not told. */
function shownText(stage: Stage, text: string, mounts: readonly RunMount[], context: PlanContext): string {
  const secrets = mounts.flatMap((mount) => (mount.type === 'secret' && mount.env !== null ? [mount.env] : []));
  const { values } = stage.environment;
  const variables =
    secrets.length === 0 ? values : new Map([...values, ...secrets.map((name) => [name, '****'] as const)]);
  const { text: expanded, error } = expandIn(context, text, variables, { rawQuotes: true, keepUnset: true });
  return withUpperKeyword(error ? text : expanded);
}

/** The command with the build arguments that it had, as the history tells it. */
function recordedCommand({ buildArguments, environment }: Stage, words: readonly string[]): string {
  const set = Array.from(
    buildArguments,
    ([name, { value }]) => `${name}=${environment.values.get(name) ?? value ?? ''}`,
  );
  return [...(set.length > 0 ? [`|${set.length}`, ...set] : []), ...words].join(' ');
}

export function applyRun(stage: Stage, command: Command, instruction: RunInstruction, context: PlanContext): void {
  const { options, proxies, budget } = context;
  // A command may read any file.
  stage.paths.add('/');
  const script = scriptOf(stage, instruction);
  const words = instruction.isJson ? script.words : shellWords(stage, script.words);
  if (words.length === 0) throw new LanguageError('failed to marshal LLB definition: arguments are required');
  const mounts = [...script.mounts, ...runMounts(stage, command, instruction, context)];
  if (instruction.devices.length > 0)
    throw new LanguageError('device feature is only supported in Dockerfile frontend 1.14.0-labs or later');
  const shown = shownText(stage, `${instruction.code}${script.shownBehind}`, mounts, context);
  const createdBy = `RUN ${recordedCommand(stage, words)} # buildkit`;
  budget.spend(createdBy.length);
  stage.tree = {
    kind: 'run',
    name: stage.nextStepName(shown, options.isMultiPlatform),
    instruction: instruction.code,
    location: instruction.location,
    platform: stage.platform ?? context.platforms.target,
    ignoreCache: stage.ignoreCache,
    base: stage.tree,
    arguments: words,
    environment: stage.environment.list,
    workingDirectory: stage.workingDirectory,
    user: stage.user,
    network: instruction.network === 'default' ? options.network : instruction.network,
    mounts,
    proxies,
  } satisfies RunStep;
  stage.draft.addHistory(createdBy, true, options.epoch);
}
