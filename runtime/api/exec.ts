// docker exec over HTTP: create, start (which takes the connection over), inspect, resize.

import { z } from 'zod';
import { checkEnvironment, checkUser, checkWorkingDirectory } from '../containers/create-checks.ts';
import { DetachWatch, parseDetachKeys } from '../containers/detach-keys.ts';
import { emit } from '../containers/events.ts';
import type { Exec } from '../containers/exec.ts';
import { goObject } from '../containers/go-object.ts';
import { resizeExec } from '../containers/resize.ts';
import { createExec, needContainer, startExec } from '../containers/start-exec.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { maxCommandWords } from '../limits.ts';
import { terminalSize } from './containers.ts';
import type { Exchange } from './exchange.ts';
import { frame } from './frames.ts';
import { hijackStreams, join } from './hijack.ts';
import type { Routes } from './router.ts';

const flag = z.boolean().nullish();
const text = z.string().max(4096).nullish();
const size = z.tuple([z.number().int().min(0).max(65535), z.number().int().min(0).max(65535)]).nullish();

const createSchema = goObject({
  AttachStderr: flag,
  AttachStdin: flag,
  AttachStdout: flag,
  Cmd: z.union([z.string(), z.array(z.string()).max(maxCommandWords)]).nullish(),
  ConsoleSize: size,
  Detach: flag,
  DetachKeys: text,
  Env: z.array(z.string()).max(maxCommandWords).nullish(),
  Privileged: flag,
  Tty: flag,
  User: text,
  WorkingDir: text,
});

const startSchema = goObject({ Detach: flag, Tty: flag, ConsoleSize: size });

async function create(exchange: Exchange<Host>): Promise<void> {
  const container = exchange.subject.findContainer(exchange.param('name'));
  const body = await exchange.body(createSchema);
  const argv = typeof body.Cmd === 'string' ? [body.Cmd] : (body.Cmd ?? []);
  if (argv.length === 0) throw new EngineError('invalid', 'No exec command specified');
  if (argv.some((word) => word.includes('\0')))
    throw new EngineError('invalid', 'a command cannot contain a NUL character');
  checkUser(body.User ?? '');
  checkWorkingDirectory(body.WorkingDir ?? '');
  checkEnvironment(body.Env ?? []);
  parseDetachKeys(body.DetachKeys ?? '');
  const exec = createExec(exchange.subject.execs, container, exchange.param('name'), {
    argv,
    user: body.User ?? '',
    workingDir: body.WorkingDir ?? '',
    env: body.Env ?? [],
    tty: body.Tty ?? false,
    attachStdin: body.AttachStdin ?? false,
    attachStdout: body.AttachStdout ?? false,
    attachStderr: body.AttachStderr ?? false,
    detachKeys: body.DetachKeys ?? '',
    privileged: body.Privileged ?? false,
  });
  exchange.answer(201, { Id: exec.id });
}

function named(exchange: Exchange<Host>): Exec {
  const id = exchange.param('id');
  const exec = exchange.subject.execs.get(id);
  if (!exec) throw new EngineError('notFound', `No such exec instance: ${id.slice(0, 80)}`);
  return exec;
}

async function start(exchange: Exchange<Host>): Promise<void> {
  const exec = named(exchange);
  const body = await exchange.body(startSchema);
  const { tty, attachStdin, detachKeys } = exec.options;
  // The create request says whether the process has a terminal; this one says whether its output is framed.
  const raw = body.Tty ?? false;
  needContainer(exec);
  const consoleSize = tty && body.ConsoleSize && body.ConsoleSize[0] > 0 ? body.ConsoleSize : null;
  if (body.Detach) {
    await startExec(exec, { detach: true, consoleSize });
    exchange.end(200);
    return;
  }
  const socket = hijackStreams(exchange, raw);
  try {
    const attached = await startExec(exec, { detach: false, consoleSize });
    if (!attached) {
      socket.end();
      return;
    }
    const detach = tty && attachStdin ? new DetachWatch(parseDetachKeys(detachKeys)) : null;
    if (await join(socket, attached, { tty: raw, detach })) emit(exec.container, 'exec_detach', { execID: exec.id });
  } catch (error) {
    // The connection carries the process's output by now. As in Docker, the reason is sent as output.
    const message = error instanceof EngineError ? error.message : 'the engine failed to start it; its log says why';
    if (!(error instanceof EngineError))
      exchange.subject.engine.log.error({ err: error, exec: exec.id }, 'an exec failed');
    const reason = Buffer.from(`${message}\r\n`);
    socket.end(raw ? reason : frame(1, reason));
  }
}

function inspect(exchange: Exchange<Host>): void {
  const { id, options, container, running, exitCode, pid } = named(exchange);
  const [entrypoint = '', ...rest] = options.argv;
  exchange.answer(200, {
    ID: id,
    Running: running,
    ExitCode: exitCode,
    ProcessConfig: {
      tty: options.tty,
      entrypoint,
      arguments: rest,
      privileged: options.privileged,
      ...(options.user !== '' && { user: options.user }),
    },
    OpenStdin: options.attachStdin,
    OpenStderr: options.attachStderr,
    OpenStdout: options.attachStdout,
    CanRemove: false,
    ContainerID: container.id,
    DetachKeys: options.detachKeys,
    Pid: pid,
  });
}

async function resize(exchange: Exchange<Host>): Promise<void> {
  const exec = named(exchange);
  const { rows, columns } = terminalSize(exchange);
  resizeExec(exec, rows, columns);
  exchange.end(200);
}

export const execRoutes: Routes<Host> = {
  'POST /containers/{name}/exec': create,
  'POST /exec/{id}/start': { takesOver: start },
  'GET /exec/{id}/json': inspect,
  'POST /exec/{id}/resize': resize,
};
