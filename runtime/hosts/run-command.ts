// Running one command in the workspace to its end, for checks and files: bounded in time and in what it may say.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import type { CommandOptions, CommandResult } from '../client.ts';
import { ProcessConsole } from '../containers/console.ts';
import { refusalOf } from '../containers/runtime-errors.ts';
import { conmonExec } from '../kernel/conmon.ts';
import { signal } from '../kernel/processes.ts';
import { leastOomScore, maxCommandOutputBytes } from '../limits.ts';
import { processSpec } from '../oci/spec.ts';
import type { Host } from './host.ts';
import { workspaceId } from './workspace.ts';
import { defaultShellEnv, resolveIn } from './workspace-process.ts';

const defaultTimeoutMs = 10_000;
const mostTimeoutMs = 60_000;

/** Throws unavailable where the host is stopped, conflict where it is frozen, invalid where the command is not there. */
export async function runCommand(host: Host, options: CommandOptions): Promise<CommandResult> {
  host.needRunning();
  const user = resolveIn(host, options.user ?? 'student');
  const id = `r-${randomBytes(8).toString('hex')}`;
  const bundle = host.bundle(id);
  fs.mkdirSync(bundle, { recursive: true, mode: 0o700 });
  try {
    const spec = processSpec({
      args: options.argv,
      env: [...defaultShellEnv(user), ...(options.env ?? [])],
      cwd: options.cwd ?? user.home,
      user: user.ids,
      terminal: false,
      consoleSize: null,
      capabilities: user.capabilities,
      noNewPrivileges: false,
      oomScoreAdj: leastOomScore,
      ulimits: [],
    });
    fs.writeFileSync(`${bundle}/process.json`, JSON.stringify(spec), { mode: 0o600 });
    return await collect(host, bundle, id, options);
  } finally {
    fs.rmSync(bundle, { recursive: true, force: true });
  }
}

async function collect(host: Host, bundle: string, id: string, options: CommandOptions): Promise<CommandResult> {
  const process = await conmonExec({
    tools: host.engine.tools,
    containerId: workspaceId(host),
    processId: id,
    bundle,
    logPath: null,
    exitDirectory: bundle,
    terminal: false,
    stdin: options.stdin !== undefined,
    leaveStdinOpen: false,
    group: host.group,
    insidePid: null,
    oomScoreAdj: leastOomScore,
    prepare: () => undefined,
  });
  const console = new ProcessConsole(bundle, { endsWithProcess: true });
  const attached = console.attach({ stdin: options.stdin !== undefined, stdout: true, stderr: true });
  const said: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
  let bytes = 0;
  attached.output.on('data', ({ stream, data }: { stream: 1 | 2; data: Buffer }) => {
    bytes += data.length;
    if (bytes <= maxCommandOutputBytes) said[stream].push(data);
  });
  const over = new Promise((resolve) => attached.output.once('close', resolve).once('end', resolve));
  console.connect();
  const pid = await process.go().catch((error: unknown) => {
    throw refusalOf(error, options.argv[0] ?? '', 'exec').error;
  });
  console.started();
  attached.input?.end(options.stdin);
  let timedOut = false;
  const timer = setTimeout(
    () => {
      timedOut = true;
      signal(pid, 'SIGKILL');
    },
    Math.min(options.timeoutMs ?? defaultTimeoutMs, mostTimeoutMs),
  );
  const exitCode = await process.exited().finally(() => clearTimeout(timer));
  console.processEnded();
  await over;
  const text = (stream: 1 | 2): string => Buffer.concat(said[stream]).toString('utf8');
  return { exitCode, stdout: text(1), stderr: text(2), truncated: bytes > maxCommandOutputBytes, timedOut };
}
