// `npm run conform [NAME…]`: asks an engine of ours every case of the corpus, or those of the files with these names, and compares
// with what a real dockerd answered. `--against dockerd` asks a real one whether the recorded answers still hold; `--record`
// writes what it answers now, and `--record-ours` what ours does in the cases that say that it differs. `--title TEXT`, which may come
// again, takes only the cases with that text in their titles. `--contexts FOLDER`: see contexts/ask-contexts.ts.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { diff, parseArgs } from 'node:util';
import { ownDockerFolder } from '../../bin/programs.mjs';
import { createDockerHost } from '../support/docker-host.ts';
import { startDockerd } from '../support/dockerd.ts';
import { startEngine } from '../support/engine.ts';
import { askCase } from './ask-case.ts';
import { clear, pullBusybox } from './clear.ts';
import { type Clients, canBuild, type Generation, makeClients } from './clients.ts';
import { askContexts } from './contexts/ask-contexts.ts';
import { type CaseFile, expected, hasCases, readCorpus, recorded } from './corpus.ts';
import { type Case, type Recorded, transcript, withAnswers } from './transcript.ts';

/** Cases that are asked at a time, each of a host of its own: a command mostly waits for the engine. */
const hosts = 3;

const { values, positionals } = parseArgs({
  options: {
    record: { type: 'boolean', default: false },
    'record-ours': { type: 'boolean', default: false },
    against: { type: 'string' },
    contexts: { type: 'string' },
    title: { type: 'string', multiple: true, default: [] },
  },
  allowPositionals: true,
});
const wrong = [
  ...positionals.filter((name) => !hasCases(name)).map((name) => `there is no file ${name}.txt in test/conform/cases`),
  ...(values.against === undefined || values.against === 'dockerd' ? [] : ['--against is followed by dockerd']),
  ...(values.contexts === undefined || fs.existsSync(values.contexts) ? [] : [`${values.contexts} is not there`]),
];
if (wrong.length > 0) {
  console.error(`drydock: ${wrong.join('; ')}. See: npm run conform -- --help`);
  process.exit(2);
}
const isRecording = values.record || values['record-ours'];
const asksDockerd = values.record || values.against === 'dockerd';
process.env.PATH = `${ownDockerFolder}:${process.env.PATH}`;

const files = readCorpus(positionals).filter(({ builds, clients }) => !builds || canBuild(clients));
const isAsked = ({ title }: Case): boolean =>
  values.title.length === 0 || values.title.some((part) => title.includes(part));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'conform-clients-'));
const clients = new Map<Generation, Clients>();
for (const generation of new Set(files.map((file) => file.clients)))
  clients.set(generation, await makeClients(generation, path.join(folder, generation)));

function clientsOf(each: Case): Clients {
  const generation = files.find(({ cases }) => cases.includes(each))?.clients ?? 'current';
  const own = clients.get(generation);
  if (!own) throw new Error(`there are no clients of the ${generation} kind`);
  return own;
}

/** What of each case came, in the order of its commands; or why it could not be asked. */
const answers = new Map<Case, string[][] | Error>();

async function askAll(socket: string, restore: () => Promise<void>, queue: Case[]): Promise<void> {
  for (let each = queue.shift(); each; each = queue.shift()) {
    try {
      await clear(socket, restore);
      answers.set(each, await askCase(each, socket, clientsOf(each)));
    } catch (error) {
      answers.set(each, error instanceof Error ? error : new Error(String(error)));
    }
    if (isRecording) for (const file of files) if (file.cases.includes(each)) write(file);
  }
  await clear(socket, restore);
}

async function askDockerd(queue: Case[]): Promise<void> {
  await using dockerd = await startDockerd();
  if (!dockerd) throw new Error('no dockerd is installed here, nor unpacked in /opt/dockerd*');
  await askAll(dockerd.socket, () => dockerd.loadBusybox(), queue);
}

async function askOurs(queue: Case[]): Promise<void> {
  await using engine = await startEngine();
  const made = await Promise.all(Array.from({ length: hosts }, (_, n) => createDockerHost(engine, `conform-${n}`)));
  await Promise.all(made.map(({ socket }) => askAll(socket, () => pullBusybox(socket), queue)));
}

/** The lines of both, those of one alone marked. */
function difference(theirs: string, ours: string): string {
  const mark = { '-1': '-', '0': ' ', '1': '+' };
  return diff(ours.split('\n'), theirs.split('\n'))
    .map(([from, line]) => `    ${mark[String(from) as keyof typeof mark]} ${line}`)
    .join('\n');
}

type Verdict = 'agrees' | 'differs' | 'differs as it says' | 'agrees, though it says it does not';

function verdictOf(each: Case, got: string[][] | Error): { verdict: Verdict; shown: string } {
  if (got instanceof Error) return { verdict: 'differs', shown: `    ${got.message}` };
  const theirs = recorded(each);
  const wanted = asksDockerd ? theirs : expected(each);
  const said = transcript(each.commands, got);
  const shown = difference(wanted, said);
  if (asksDockerd) return { verdict: said === wanted ? 'agrees' : 'differs', shown };
  if (said === theirs)
    return { verdict: each.differs === null ? 'agrees' : 'agrees, though it says it does not', shown };
  return { verdict: said === wanted ? 'differs as it says' : 'differs', shown };
}

function report(): void {
  const counts = new Map<Verdict, number>();
  for (const { name, cases } of files)
    for (const each of cases.filter(isAsked)) {
      const { verdict, shown } = verdictOf(each, answers.get(each) ?? new Error('it was not asked'));
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
      if (verdict === 'differs') console.log(`✖ ${name}: ${each.title}\n${shown}`);
      else if (verdict === 'agrees, though it says it does not') console.log(`! ${name}: ${each.title}: ${verdict}`);
      if (verdict === 'differs') process.exitCode = 1;
    }
  console.log([...counts].map(([verdict, count]) => `${count} ${verdict}`).join('; '));
}

/** What is to be recorded of the case's commands, one of which answered `got`. */
function newRecord(each: Case, { answer, ours }: Recorded, got: readonly string[]): Recorded {
  if (values.record) return { answer: got, ours };
  return { answer, ours: each.differs === null || got.join('\n') === answer.join('\n') ? null : got };
}

/** After each case, so that what ends the run does not take with it what was recorded. */
function write({ path: file, text, cases }: CaseFile): void {
  const records = cases.flatMap((each): readonly Recorded[] => {
    const got = answers.get(each);
    if (got === undefined || got instanceof Error) return each.commands;
    return each.commands.map((command, n) => newRecord(each, command, got[n] ?? []));
  });
  fs.writeFileSync(file, withAnswers(text, records));
}

function reportFailures(): void {
  for (const [{ title }, got] of answers) {
    if (!(got instanceof Error)) continue;
    console.log(`✖ ${title}: ${got.message}`);
    process.exitCode = 1;
  }
}

if (values.contexts !== undefined) process.exit((await askContexts(values.contexts, values.title)) ? 0 : 1);

try {
  const queue = files.flatMap(({ cases }) => cases.filter(isAsked));
  await (asksDockerd ? askDockerd(queue) : askOurs(queue));
  if (values.record) reportFailures();
  else report();
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
