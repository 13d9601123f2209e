// Asks a Docker Engine the commands of one case. Knows nothing of whose engine it is, nor of what it should answer.

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ask } from '../runtime/api/exchange.ts';
import type { Clients } from './clients.ts';
import { Normaliser } from './normalise.ts';
import { shapeOf } from './shape.ts';
import { stepsIn } from './steps.ts';
import type { Case, Command } from './transcript.ts';
import { WatchedSocket } from './watched-socket.ts';

/** No command of the corpus takes longer; on a busy machine it may wait. */
const commandTimeoutMs = 60_000;

interface Outcome {
  readonly status: string;
  readonly stdout: string;
  readonly stderr: string;
}

async function shell(text: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = spawn('sh', ['-c', text], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: commandTimeoutMs });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.once('error', reject);
  child.once('close', (code, signal) => resolve(code === null ? `ended by ${signal}` : String(code)));
  const [stdout, stderr, status] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), promise]);
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** Of what is JSON, each path with its type: of the one value, or of all that a stream has, one to a line. */
function shapeOfBody(body: unknown): string[] {
  if (typeof body === 'object') return shapeOf(body);
  const text = String(body).trimEnd();
  const values = text.split(/\r?\n/).map((line) => (line.startsWith('{') ? JSON.parse(line) : line));
  return values.every((value) => typeof value === 'object') ? shapeOf(values) : [text];
}

/** What is said of each connection, or of the moment. */
const passing = ['date', 'connection', 'keep-alive'];

/**
 * `api GET /containers/a/json`, `api POST /x {"a":1}`: status, type and shape of the answer; of a refusal its message.
 * `api -i …`: its other headers as well.
 */
async function api(text: string, socket: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const [, all, place = '', sent] = /^api (-i )?(\S+ \S+)(?: ([\s\S]+))?$/.exec(text) ?? [];
  const filled = place.replace('$STARTED', env.STARTED ?? '').replace('$NOW', String(Date.now() / 1000));
  const escaped = filled.replaceAll('"', '%22');
  const { status, headers, body } = await ask(socket, escaped, sent === undefined ? undefined : JSON.parse(sent));
  const { 'content-type': type = 'no body', ...others } = headers;
  const told = Object.entries(all ? others : {}).filter(([name]) => !passing.includes(name));
  const refused = typeof body === 'object' ? JSON.stringify(body) : String(body);
  // Logs and archives: their bytes are compared by what the docker command makes of them.
  const isText = /^(application\/json|text\/)/.test(type);
  const shown = status >= 400 ? [refused] : isText ? shapeOfBody(body) : [];
  const lines = [`${status} ${type}`, ...told.map(([name, value]) => `${name}: ${value}`).sort(), ...shown];
  return { status: '0', stdout: lines.join('\n').trimEnd(), stderr: '' };
}

/** `steps docker build …`: its progress as steps.ts writes it. */
async function steps(text: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const { status, stdout, stderr } = await shell(text, cwd, env);
  return { status, stdout: stepsIn(stdout), stderr: stepsIn(stderr) };
}

/** `calls docker build …`: what the command asks of the engine, and the status of each answer. */
async function calls(text: string, cwd: string, env: NodeJS.ProcessEnv, socket: string): Promise<Outcome> {
  await using watched = await WatchedSocket.open(socket);
  const { status } = await shell(text, cwd, { ...env, DOCKER_HOST: `unix://${watched.socket}` });
  return { status, stdout: watched.calls, stderr: '' };
}

function askCommand(text: string, cwd: string, env: NodeJS.ProcessEnv, socket: string): Promise<Outcome> {
  const [, kind = '', rest = ''] = /^(api|steps|calls) ([\s\S]+)$/.exec(text) ?? [];
  switch (kind) {
    case 'api':
      return api(text, socket, env);
    case 'steps':
      return steps(rest, cwd, env);
    case 'calls':
      return calls(rest, cwd, env, socket);
    default:
      return shell(text, cwd, env);
  }
}

function answerOf({ kind }: Command, { status, stdout, stderr }: Outcome, normaliser: Normaliser): string[] {
  if (kind === 'set-up') return [];
  const shown = kind === 'compared' ? [...normaliser.lines('|', stdout), ...normaliser.lines('!', stderr)] : [];
  return status === '0' ? shown : [...shown, `= ${status}`];
}

/** The clock's, once it has come: nothing of the case before was in it. */
async function nextMillisecond(): Promise<number> {
  const nextMs = Date.now() + 1;
  while (Date.now() < nextMs) await pause(1);
  return nextMs;
}

/**
 * The answers to its commands in order, as lines of a transcript; what set-up says is none. The engine must be as clear.ts leaves it.
 * Throws where set-up fails, with what it said.
 */
export async function askCase(each: Case, socket: string, clients: Clients): Promise<string[][]> {
  const startedMs = await nextMillisecond();
  const cwd = await mkdtemp(path.join(tmpdir(), `${process.env.TEST_RUN ?? 'conform'}-case-`));
  const env = {
    ...clients,
    HOME: cwd,
    LC_ALL: 'C',
    TZ: 'UTC',
    DOCKER_HOST: `unix://${socket}`,
    // A command lives for a moment, in which Go's collector and threads cost it a sixth of its time and give it nothing.
    GOGC: 'off',
    GOMAXPROCS: '1',
    // For `docker events --since`, by the clock that the engine has too.
    STARTED: String(startedMs / 1000),
  };
  try {
    for (const { name, text } of each.files) {
      await mkdir(path.dirname(path.join(cwd, name)), { recursive: true });
      await writeFile(path.join(cwd, name), text);
    }
    const normaliser = new Normaliser(each.masks);
    const answers: string[][] = [];
    for (const command of each.commands) {
      const { text } = command;
      const outcome = await askCommand(text, cwd, env, socket);
      if (command.kind === 'set-up' && outcome.status !== '0')
        throw new Error(`set-up failed with ${outcome.status}: ${text}\n${outcome.stderr}${outcome.stdout}`);
      answers.push(answerOf(command, outcome, normaliser));
    }
    return answers;
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}
