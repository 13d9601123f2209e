// The service moby.buildkit.v1.Control, by which buildx and compose build.

import { goArchitecture } from '../images/architecture.ts';
import { defaultBridge } from '../networks/bridge.ts';
import type { Build } from './builds.ts';
import { type Method, streaming, unary } from './grpc/serve.ts';
import { codes, GrpcError } from './grpc/status.ts';
import * as messages from './messages/control_pb.ts';
import type { Answer, Result } from './result.ts';
import type { ServedBuilder } from './served-builder.ts';
import { sessionMethod } from './session-method.ts';

const service = '/moby.buildkit.v1.Control';

/** BuildKit's, whose behaviour this is. */
const buildkitVersion = {
  package: 'github.com/moby/buildkit',
  version: 'v0.25.2',
  revision: '',
  dockerfileVersion: '1.19.0',
};

export function controlMethods(builder: ServedBuilder): readonly (readonly [string, Method])[] {
  return [
    [
      `${service}/ListWorkers`,
      unary(messages.ListWorkersRequestSchema, messages.ListWorkersResponseSchema, () => ({
        record: [worker(builder)],
      })),
    ],
    [`${service}/Info`, unary(messages.InfoRequestSchema, messages.InfoResponseSchema, () => ({ buildkitVersion }))],
    [
      `${service}/Solve`,
      unary(messages.SolveRequestSchema, messages.SolveResponseSchema, async (request, { signal }) => ({
        exporterResponse: await solve(builder, request, signal),
      })),
    ],
    [
      `${service}/Status`,
      streaming(messages.StatusRequestSchema, messages.StatusResponseSchema, async function* ({ ref }, { signal }) {
        yield* (await builder.builds.progressOf(ref, signal)).told(signal);
      }),
    ],
    [`${service}/Session`, sessionMethod(builder.sessions)],
    [
      `${service}/DiskUsage`,
      unary(messages.DiskUsageRequestSchema, messages.DiskUsageResponseSchema, async ({ filter }) => ({
        record: await builder.cache.usage(filter),
      })),
    ],
    [
      `${service}/Prune`,
      streaming(messages.PruneRequestSchema, messages.UsageRecordSchema, async function* (request) {
        yield* builder.cache.pruned(request);
      }),
    ],
  ];
}

/** Where builds run. Without the label `…worker.snapshotter` clients ask for images as a dockerd without containerd's store makes them. */
function worker({ host, maxCacheBytes }: ServedBuilder) {
  return {
    id: host.id,
    labels: { 'org.mobyproject.buildkit.worker.moby.host-gateway-ip': defaultBridge.gateway },
    platforms: [{ architecture: goArchitecture, os: 'linux' }],
    gcPolicy: [{ all: true, maxUsedSpace: BigInt(maxCacheBytes) }],
    buildkitVersion,
  };
}

/** Builds, and resolves to what the exporter tells the client. */
async function solve(
  builder: ServedBuilder,
  request: messages.SolveRequest,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const build = builder.builds.begin(request.ref, request.session, builder.sessions);
  build.entitlements = new Set(request.entitlements);
  const leave = (): void => build.stop(new GrpcError(codes.canceled, 'context canceled'));
  signal.addEventListener('abort', leave);
  build.names = namesIn(request);
  try {
    const result =
      request.frontend === '' ? await build.returned.promise : await builder.solve(build, requestOf(request));
    const told = await exported(builder, build, request, result);
    build.progress.watcher?.done(builder.ownImage(told['containerimage.config.digest']));
    return told;
  } catch (error) {
    build.progress.watcher?.failed(error, build.signal.aborted);
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
    await builder.builds.end(build);
  }
}

/** The names that its outputs give to what is built. */
function namesIn({ exporters, exporterAttributesDeprecated }: messages.SolveRequest): readonly string[] {
  // Clients say it both ways.
  const all = exporters.length > 0 ? exporters.map(({ attributes }) => attributes) : [exporterAttributesDeprecated];
  return all.flatMap(({ name = '' }) => name.split(',').filter((one) => one !== ''));
}

const requestOf = ({ frontend, frontendAttributes, frontendInputs }: messages.SolveRequest) => ({
  frontend,
  options: frontendAttributes,
  inputs: frontendInputs,
});

async function exported(
  builder: ServedBuilder,
  build: Build<Result>,
  { exporters, exporterDeprecated, exporterAttributesDeprecated }: messages.SolveRequest,
  result: Result | Answer | null,
): Promise<Record<string, string>> {
  if (!result || result.id === null) return {};
  const [first = null, ...others] =
    exporters.length > 0 || exporterDeprecated === ''
      ? exporters
      : [{ type: exporterDeprecated, attributes: exporterAttributesDeprecated }];
  if (others.length > 0)
    throw new GrpcError(codes.unimplemented, 'multiple outputs are not supported by this builder: ask for one');
  return await builder.export(build, result, first && { type: first.type, attributes: first.attributes });
}
