// The format of test/conform/cases/*.txt: what a person types into a shell, and below each line what a Docker Engine answered.
//
//   # A comment.
//   == A case: what it shows, in one line
//   differs: why                      ours answers something else, on purpose; what it answers stands behind `~`
//   mask: /regular expression/ NAME   what else is no two times the same, and what stands for it
//   file compose.yaml                 a file in the case's directory; its lines follow, indented by four
//       services: …
//   + docker run -d --name a busybox  set-up: must succeed, is not compared
//   $ docker ps -q                    compared: status, standard output and standard error
//   > …                               goes on from the line before
//   ? docker start a b                compared: the status alone
//   $ steps docker build .            its progress, as steps.ts writes it
//   $ calls docker build .            what it asks of the engine, and the status of each answer
//   | a line of standard output, as normalise.ts writes it
//   ! a line of standard error
//   = 1                               the status, where it is not 0
//   ~| … ~! … ~= 1                    in a case that differs, what ours answers to this command; `~` alone: nothing
//
// What the docker command refuses by itself is left out: it says nothing of an engine. Knows nothing of who is asked.

export interface Mask {
  readonly pattern: RegExp;
  readonly name: string;
}

export interface Command {
  readonly kind: 'set-up' | 'compared' | 'status';
  readonly text: string;
  /** As recorded of a real dockerd; empty where nothing was, and for set-up. */
  readonly answer: readonly string[];
  /** As recorded of ours, where the case differs in this command; else null. */
  readonly ours: readonly string[] | null;
}

export interface Case {
  readonly title: string;
  readonly differs: string | null;
  readonly masks: readonly Mask[];
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly commands: readonly Command[];
}

const kinds = { '+': 'set-up', $: 'compared', '?': 'status' } as const;
const isAnswer = (line: string): boolean => /^([|!]( |$)|= )/.test(line);
const isOurs = (line: string): boolean => line === '~' || (line.startsWith('~') && isAnswer(line.slice(1)));

interface Draft {
  title: string;
  differs: string | null;
  masks: Mask[];
  files: { name: string; text: string }[];
  commands: { kind: Command['kind']; text: string; answer: string[]; ours: string[] | null }[];
}

function emptyCase(title: string): Draft {
  return { title, differs: null, masks: [], files: [], commands: [] };
}

function readDirective(draft: Draft, line: string): boolean {
  const [, key = '', value = ''] = /^(differs|mask|file):? (.+)$/.exec(line) ?? [];
  if (key === 'differs') draft.differs = value;
  else if (key === 'mask') {
    const [, source, name] = /^\/(.+)\/ (\S+)$/.exec(value) ?? [];
    if (source === undefined || name === undefined) throw new Error('a mask is written /regular expression/ NAME');
    draft.masks.push({ pattern: new RegExp(source, 'g'), name });
  } else if (key === 'file') draft.files.push({ name: value, text: '' });
  return key !== '';
}

function readLine(draft: Draft, line: string): void {
  const [sign = '', rest = ''] = [line[0], line.slice(2)];
  const command = draft.commands.at(-1);
  const file = draft.files.at(-1);
  if (sign in kinds && line[1] === ' ')
    draft.commands.push({ kind: kinds[sign as keyof typeof kinds], text: rest, answer: [], ours: null });
  else if (command && sign === '>') command.text += `\n${rest}`;
  else if (command && isAnswer(line)) command.answer.push(line);
  else if (command && isOurs(line)) command.ours = [...(command.ours ?? []), ...(line === '~' ? [] : [line.slice(1)])];
  else if (file && line.startsWith('    ')) file.text += `${line.slice(4)}\n`;
  else if (!readDirective(draft, line)) throw new Error('this is nothing that a case may have');
}

/** Throws with the number of the line that cannot be read. */
export function readCases(text: string): Case[] {
  const cases: Draft[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    try {
      const draft = cases.at(-1);
      if (line.startsWith('== ')) cases.push(emptyCase(line.slice(3)));
      else if (line === '' || line.startsWith('#')) continue;
      else if (!draft) throw new Error('a case begins with "== " and its title');
      else readLine(draft, line);
    } catch (error) {
      throw new Error(`line ${index + 1}: ${error instanceof Error ? error.message : error}: ${line}`, {
        cause: error,
      });
    }
  }
  return cases;
}

/** What is recorded of one command: the answer of a real dockerd, and ours where it is another. */
export type Recorded = Pick<Command, 'answer' | 'ours'>;

function recordedLines({ answer, ours }: Recorded): readonly string[] {
  if (ours === null) return answer;
  return [...answer, ...(ours.length === 0 ? ['~'] : ours.map((line) => `~${line}`))];
}

/** The same text with other answers: `records` are those of its commands in order, set-up's too. */
export function withAnswers(text: string, records: readonly Recorded[]): string {
  const lines = text.split('\n').filter((line) => !isAnswer(line) && !isOurs(line));
  const written: string[] = [];
  let pending: readonly string[] = [];
  let next = 0;
  for (const line of lines) {
    if (!line.startsWith('> ')) {
      written.push(...pending);
      pending = [];
    }
    written.push(line);
    const record = /^[+$?] /.test(line) ? records[next++] : undefined;
    if (record) pending = recordedLines(record);
  }
  return [...written, ...pending].join('\n');
}

/** The compared commands of a case with these answers, to be shown and compared. `answers` is in the order of all commands. */
export function transcript(commands: readonly Command[], answers: readonly (readonly string[])[]): string {
  const sign = { 'set-up': '+', compared: '$', status: '?' };
  return commands
    .flatMap(({ kind, text }, index) => [`${sign[kind]} ${text.replaceAll('\n', '\n> ')}`, ...(answers[index] ?? [])])
    .join('\n');
}
