// Runs one command in the workspace to its end, for checks and files. Its time and its output are limited.

import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { CommandOptions, CommandResult } from '../client.ts';
import { EngineError } from '../errors.ts';
import { signal } from '../kernel/processes.ts';
import { leastOomScore, maxCommandOutputBytes } from '../limits.ts';
import { processSpec } from '../oci/spec.ts';
import { ProcessConsole } from '../processes/console.ts';
import { runProcess } from '../processes/run-process.ts';
import type { OutputChunk } from '../processes/streams.ts';
import type { Host } from './host.ts';
import { hubEnv } from './hub-account.ts';
import { egressEnv } from './open-egress.ts';
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
  const hasInput = options.stdin !== undefined;
  const console = new ProcessConsole(bundle, { endsWithProcess: true });
  const attached = console.attach({ stdin: hasInput, stdout: true, stderr: true });
  const output = collect(attached.output);
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<number | null>();
  let timedOut = false;
  let timer: NodeJS.Timeout | undefined;
  try {
    await runProcess({
      kind: 'exec',
      host,
      id,
      containerId: workspaceId(host),
      insidePid: null,
      command: options.argv[0] ?? '',
      spec: processSpec({
        args: options.argv,
        env: [...defaultShellEnv(user), ...egressEnv(host), ...hubEnv(host), ...(options.env ?? [])],
        cwd: options.cwd ?? user.home,
        user: user.ids,
        terminal: false,
        consoleSize: null,
        capabilities: user.capabilities,
        noNewPrivileges: false,
        oomScoreAdj: leastOomScore,
        ulimits: [],
      }),
      bundle,
      logPath: null,
      terminal: false,
      stdin: hasInput,
      leaveStdinOpen: false,
      oomScoreAdj: leastOomScore,
      onReady: () => console.connect(),
      onRunning: (pid) => {
        console.started();
        attached.input?.end(options.stdin);
        const end = (): void => {
          timedOut = true;
          signal(pid, 'SIGKILL');
        };
        timer = setTimeout(end, Math.min(options.timeoutMs ?? defaultTimeoutMs, mostTimeoutMs));
      },
      onEnd,
    });
    const exitCode = await ended;
    if (exitCode === null)
      throw new EngineError('internal', 'nobody knows how the command ended: its conmon was killed');
    console.processEnded();
    return { exitCode, ...(await output), timedOut };
  } finally {
    clearTimeout(timer);
    console.end();
  }
}

/** What a command says, up to `maxCommandOutputBytes`. Resolves when it says no more. */
async function collect(output: Readable): Promise<Pick<CommandResult, 'stdout' | 'stderr' | 'truncated'>> {
  const said: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
  let bytes = 0;
  output.on('data', ({ stream, data }: OutputChunk) => {
    bytes += data.length;
    if (bytes <= maxCommandOutputBytes) said[stream].push(data);
  });
  await new Promise((resolve) => output.once('close', resolve).once('end', resolve));
  const text = (stream: 1 | 2): string => Buffer.concat(said[stream]).toString('utf8');
  return { stdout: text(1), stderr: text(2), truncated: bytes > maxCommandOutputBytes };
}
