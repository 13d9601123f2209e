// RUN: a container like every other of the host, but that nobody is told of. What it has written becomes a layer.

import type { LayerJob } from '../../archives/tree-jobs.ts';
import { packLayerFile } from '../../archives/tree-work.ts';
import { attachContainer } from '../../containers/attach.ts';
import type { Container, ContainerHost } from '../../containers/container.ts';
import { openOwnLayer, useOwnLayer } from '../../containers/container-files.ts';
import { createContainer } from '../../containers/create.ts';
import { parseCreateRequest } from '../../containers/create-request.ts';
import type { StepMount } from '../../containers/mounts/step-mount.ts';
import { removeContainer } from '../../containers/remove.ts';
import { startContainer } from '../../containers/start.ts';
import { waitContainer } from '../../containers/wait.ts';
import { EngineError } from '../../errors.ts';
import type { MadeLayer } from '../../images/build-images.ts';
import type { Image } from '../../images/image-config.ts';
import { maxStepsAtOnce } from '../../limits.ts';
import { Turnstile } from '../../turnstile.ts';
import { whyFull } from '../full-disk.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { handingOver } from './made-layer.ts';
import type { StepSettings } from './step-settings.ts';

/** As BuildKit calls its steps' containers: what a step says is the same each time. */
const stepHostname = 'buildkitsandbox';

/** They count among no host's containers. */
const steps = new Turnstile({ perKey: maxStepsAtOnce, inAll: Number.POSITIVE_INFINITY });

/** What is to run, and where. */
export interface Run {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly network: 'default' | 'none' | 'host';
  readonly mounts: readonly StepMount[];
  readonly settings: StepSettings;
  /** It may write to /etc/hosts and /etc/resolv.conf, for itself: as with the classic builder. */
  readonly writesNames: boolean;
  /** Variables that are on no disk. */
  readonly secretEnv: readonly string[];
}

/** `stream` is 1 or 2. What it gives is waited for. */
export type OnOutput = (stream: 1 | 2, bytes: Uint8Array) => void | Promise<void>;

/** Throws GrpcError, in BuildKit's words, where the command fails. The layer is the caller's to let go. */
export async function runStep(
  host: ContainerHost,
  below: readonly string[],
  run: Run,
  onOutput: OnOutput,
  signal: AbortSignal,
): Promise<MadeLayer> {
  using standing = host.images.builds.stand(below, {});
  return await handingOver((made) =>
    inContainer(host, standing.image, run, onOutput, signal, async (container, exitCode) => {
      if (exitCode !== 0) throw failed(run, exitCode, await whyFailed(container));
      return made(await host.engine.archives.pass(host.name, () => packed(container, run, signal)));
    }),
  );
}

/** Runs a command to its end, and then `after`, while its container is still there. Throws the reason of `signal`. */
export async function inContainer<T>(
  host: ContainerHost,
  image: Image,
  run: Run,
  onOutput: OnOutput,
  signal: AbortSignal,
  after: (container: Container, exitCode: number) => Promise<T>,
): Promise<T> {
  using _step = await steps.enter(host.id);
  signal.throwIfAborted();
  await using undo = new AsyncDisposableStack();
  const container = await makeContainer(host, image, run);
  undo.defer(() => removeContainer(container, { force: true, volumes: true }));
  const stop = (): void => void removeContainer(container, { force: true, volumes: true }).catch(() => undefined);
  signal.addEventListener('abort', stop);
  undo.defer(() => signal.removeEventListener('abort', stop));
  signal.throwIfAborted();
  const { output } = await attachContainer(container, container.name, { stdin: false, stdout: true, stderr: true });
  const read = (async () => {
    for await (const { stream, data } of output) {
      const taken = onOutput(stream === 2 ? 2 : 1, asBuildKit(data));
      if (taken) await taken;
    }
  })();
  read.catch(() => undefined);
  const exitCode = await ended(container, run, onOutput, signal);
  await read;
  signal.throwIfAborted();
  return await after(container, exitCode);
}

/** The exit code of a command. Throws GrpcError for a user whom the image does not know, and for what is not in a cache. */
async function ended(container: Container, run: Run, onOutput: OnOutput, signal: AbortSignal): Promise<number> {
  try {
    await startContainer(container);
  } catch (error) {
    if (!(error instanceof EngineError) || signal.aborted) throw error;
    if (error.missing !== null) throw notDone(run, error.message);
    if (error.whyNotStarted === null) throw error;
    // BuildKit's runtime says it where the command's own output is.
    await onOutput(2, Buffer.from(`runc run failed: ${error.whyNotStarted}\n`));
    return 1;
  }
  return await waitContainer(container, 'not-running', signal);
}

async function makeContainer(host: ContainerHost, image: Image, run: Run): Promise<Container> {
  const [command, ...args] = run.args;
  const { Hostname = stepHostname, ...settings } = run.settings;
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
      Hostname,
      HostConfig: {
        ...settings,
        NetworkMode: run.network === 'default' ? 'bridge' : run.network,
        LogConfig: { Type: 'none' },
      },
    },
    host.record.limits.cpus,
  );
  const { Id } = await createContainer(host, { ...request, name: null, step: image });
  const container = host.containers.get(Id);
  if (!container) throw new GrpcError(codes.internal, 'the container of the step is gone');
  container.stepMounts = run.mounts;
  container.hasFixedNames = !run.writesNames;
  // A name without a value takes the variable away that containers have: BuildKit's steps have none.
  const hasOwn = run.env.some((variable) => variable.startsWith('HOSTNAME='));
  container.stepEnv = [...(hasOwn ? [] : ['HOSTNAME']), ...run.secretEnv];
  return container;
}

/** What the OCI runtime says of a program of another platform, in the words of the one that BuildKit uses. */
function asBuildKit(data: Buffer): Buffer {
  if (data.length > maxPathBytes || !data.includes(': Exec format error')) return data;
  const [, program] = /^exec container process `([^`]*)`: Exec format error\n?$/.exec(data.toString()) ?? [];
  return program === undefined ? data : Buffer.from(`exec ${program}: exec format error\n`);
}

/** A path, and what is said of it. */
const maxPathBytes = 4096 + 100;

const notDone = ({ args }: Run, why: string, details?: ConstructorParameters<typeof GrpcError>[2]): GrpcError =>
  new GrpcError(
    codes.unknown,
    `process ${JSON.stringify(args.join(' '))} did not complete successfully: ${why}`,
    details,
  );

/** What the command cannot know or say; empty for nothing. */
async function whyFailed({ host, state }: Container): Promise<string> {
  if (state.oomKilled) return ': cannot allocate memory';
  const why = await whyFull(`${host.directory}/build`);
  return why === null ? '' : `: ${why}`;
}

function failed(run: Run, exitCode: number, why: string): GrpcError {
  const details = [{ typeUrl: 'github.com/moby/buildkit/gatewayapi.ExitMessage+json', value: { Code: exitCode } }];
  return notDone(run, `exit code: ${exitCode}${why}`, details);
}

async function packed(container: Container, { mounts }: Run, signal: AbortSignal): Promise<MadeLayer> {
  const { host } = container;
  const places = mounts.map(({ destination }) => destination);
  const pack = (own: string, below: LayerJob['below'], signal: AbortSignal) =>
    host.images.builds.layer(
      (file, maxBytes) =>
        packLayerFile({ kind: 'layer', own, below, uidBase: host.record.uidBase, file, maxBytes, places }, signal),
      signal,
    );
  if (places.length === 0) {
    using layer = await useOwnLayer(container, signal);
    return await pack(layer.own, null, layer.signal);
  }
  using opened = await openOwnLayer(container, signal);
  const { own, mounts: namespace, image } = opened.layers;
  return await pack(own, { mounts: namespace, image }, opened.signal);
}
