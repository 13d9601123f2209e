// RUN: a container like every other of the host, but that nobody is told of. What it has written becomes a layer.

import { packLayerFile } from '../../archives/tree-work.ts';
import { attachContainer } from '../../containers/attach.ts';
import type { Container, ContainerHost } from '../../containers/container.ts';
import { openOwnLayer } from '../../containers/container-files.ts';
import { createContainer } from '../../containers/create.ts';
import { parseCreateRequest } from '../../containers/create-request.ts';
import type { StepMount } from '../../containers/mounts/step-mount.ts';
import { removeContainer } from '../../containers/remove.ts';
import { startContainer } from '../../containers/start.ts';
import { waitContainer } from '../../containers/wait.ts';
import type { MadeLayer } from '../../images/build-images.ts';
import { codes, GrpcError } from '../grpc/status.ts';

/** As BuildKit calls its steps' containers: what a step says is the same each time. */
const stepHostname = 'buildkitsandbox';

/** What is to run, and where. */
export interface Run {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly network: 'default' | 'none' | 'host';
  readonly mounts: readonly StepMount[];
  /** Variables that are on no disk. */
  readonly secretEnv: readonly string[];
}

/** `stream` is 1 or 2. */
export type OnOutput = (stream: 1 | 2, bytes: Uint8Array) => void;

/** Throws GrpcError, in BuildKit's words, where the command fails. The layer is the caller's to let go. */
export async function runStep(
  host: ContainerHost,
  below: readonly string[],
  run: Run,
  onOutput: OnOutput,
  signal: AbortSignal,
): Promise<MadeLayer> {
  await using undo = new AsyncDisposableStack();
  const container = await makeContainer(host, below, run);
  undo.defer(() => removeContainer(container, { force: true, volumes: true }));
  const stop = (): void => void removeContainer(container, { force: true, volumes: true }).catch(() => undefined);
  signal.addEventListener('abort', stop);
  undo.defer(() => signal.removeEventListener('abort', stop));
  signal.throwIfAborted();
  const { output } = await attachContainer(container, container.name, { stdin: false, stdout: true, stderr: true });
  const read = (async () => {
    for await (const { stream, data } of output) onOutput(stream === 2 ? 2 : 1, data);
  })();
  read.catch(() => undefined);
  await startContainer(container);
  const exitCode = await waitContainer(container, 'not-running', signal);
  await read;
  signal.throwIfAborted();
  if (exitCode !== 0) throw failed(run, exitCode, container.state.oomKilled);
  return await host.engine.archives.pass(host.name, () => packed(container, run, signal));
}

async function makeContainer(host: ContainerHost, below: readonly string[], run: Run): Promise<Container> {
  const [command, ...args] = run.args;
  const request = parseCreateRequest(
    {
      Image: 'build',
      Entrypoint: [command],
      Cmd: args,
      Env: run.env,
      WorkingDir: run.cwd,
      User: run.user,
      AttachStdout: true,
      AttachStderr: true,
      Hostname: stepHostname,
      HostConfig: { NetworkMode: run.network === 'default' ? 'bridge' : run.network, LogConfig: { Type: 'none' } },
    },
    host.record.limits.cpus,
  );
  using standing = await host.images.builds.stand(below, {});
  const { Id } = await createContainer(host, { ...request, name: null, step: standing.image });
  const container = host.containers.get(Id);
  if (!container) throw new GrpcError(codes.internal, 'the container of the step is gone');
  container.stepMounts = run.mounts;
  // A name without a value takes the variable away that containers have: BuildKit's steps have none.
  const hasOwn = run.env.some((variable) => variable.startsWith('HOSTNAME='));
  container.stepEnv = [...(hasOwn ? [] : ['HOSTNAME']), ...run.secretEnv];
  return container;
}

function failed({ args }: Run, exitCode: number, oomKilled: boolean): GrpcError {
  const command = args.join(' ');
  const why = oomKilled ? ': cannot allocate memory' : '';
  return new GrpcError(
    codes.unknown,
    `process ${JSON.stringify(command)} did not complete successfully: exit code: ${exitCode}${why}`,
    [{ typeUrl: 'github.com/moby/buildkit/gatewayapi.ExitMessage+json', value: { Code: exitCode } }],
  );
}

async function packed(container: Container, { mounts: stepMounts }: Run, signal: AbortSignal): Promise<MadeLayer> {
  const { host } = container;
  using own = await openOwnLayer(container, signal);
  const { mounts, own: path, image } = own.layers;
  const places = stepMounts.map(({ destination }) => destination);
  return await host.images.builds.layer(
    (file, maxBytes) =>
      packLayerFile(
        { kind: 'layer', mounts, own: path, image, uidBase: host.record.uidBase, file, maxBytes, places },
        own.signal,
      ),
    own.signal,
  );
}
