// The service moby.buildkit.v1.Control, by which buildx and compose build.

import { goArchitecture } from '../images/architecture.ts';
import { defaultBridge } from '../networks/bridge.ts';
import type { Build } from './builds.ts';
import type { CacheEntry } from './cache/cache-entries.ts';
import { hasSnapshotter } from './capabilities.ts';
import { type Method, streaming, unary } from './grpc/serve.ts';
import { codes, GrpcError } from './grpc/status.ts';
import type { HistoryRecord } from './history/build-history.ts';
import { completeRecord, startedRecord } from './history/record-of.ts';
import * as messages from './messages/control_pb.ts';
import { checkRequest } from './refusals.ts';
import type { Result } from './result.ts';
import type { Outputs, ServedBuilder } from './served-builder.ts';
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
        const before = builder.builds.isKnown(ref) ? null : await builder.history.progress(ref);
        if (before) yield* before;
        else yield* (await builder.builds.progressOf(ref, signal)).told(signal);
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

/** Where builds run. */
function worker({ host, maxCacheBytes }: ServedBuilder) {
  return {
    id: host.id,
    labels: {
      'org.mobyproject.buildkit.worker.moby.host-gateway-ip': defaultBridge.gateway,
      ...(hasSnapshotter && { 'org.mobyproject.buildkit.worker.snapshotter': 'overlayfs' }),
    },
    platforms: [{ architecture: goArchitecture, os: 'linux' }],
    gcPolicy: [{ all: true, maxUsedSpace: BigInt(maxCacheBytes) }],
    buildkitVersion,
  };
}

/** Builds, and resolves to what the exporters tell the client. */
async function solve(
  builder: ServedBuilder,
  request: messages.SolveRequest,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const outputs = outputsOf(request);
  const build = builder.builds.begin(request.ref, request.session, builder.sessions);
  build.entitlements = new Set(request.entitlements);
  const leave = (): void => build.stop(new GrpcError(codes.canceled, 'context canceled'));
  signal.addEventListener('abort', leave);
  build.names = namesIn(request);
  const record = isTold(request) ? startedRecord(request) : null;
  if (record) builder.history.started(record);
  let [told, failure]: [Record<string, string>, unknown] = [{}, null];
  try {
    checkRequest(request);
    builder.check(outputs);
    build.imports = request.cache?.imports.map(entryOf) ?? [];
    const wanted =
      request.frontend === '' ? await build.returned.promise : await builder.solve(build, requestOf(request));
    told = wanted?.results ? await builder.export(build, wanted, outputs) : {};
    build.progress.watcher?.done(builder.ownImage(told['containerimage.config.digest']));
    return told;
  } catch (error) {
    failure = error;
    build.progress.watcher?.failed(error, build.signal.aborted);
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
    await builder.builds.end(build);
    if (record) endRecord(builder, build, record, { told, error: failure });
  }
}

/** The names that its outputs give to what is built. */
function namesIn({ exporters, exporterAttributesDeprecated }: messages.SolveRequest): readonly string[] {
  // Clients say it both ways.
  const all = exporters.length > 0 ? exporters.map(({ attributes }) => attributes) : [exporterAttributesDeprecated];
  return all.flatMap(({ name = '' }) => name.split(',').filter((one) => one !== ''));
}
/** Clients ask things by builds that are none. */
const isTold = ({ internal, frontendAttributes }: messages.SolveRequest): boolean =>
  !internal && frontendAttributes.requestid === undefined;

function endRecord(
  builder: ServedBuilder,
  { progress }: Build<Result>,
  record: HistoryRecord,
  outcome: Parameters<typeof completeRecord>[2],
): void {
  const events = progress.forDisk();
  if (events.length === 0 && outcome.error === null) builder.history.forget(record.ref);
  else builder.history.complete(completeRecord(record, events, outcome), events);
}

const entryOf = ({ type, attributes }: CacheEntry): CacheEntry => ({ type, attributes });

const requestOf = ({ frontend, frontendAttributes, frontendInputs }: messages.SolveRequest) => ({
  frontend,
  options: frontendAttributes,
  inputs: frontendInputs,
  imports: [],
});

/** Older clients know one output alone, in other fields. */
function outputsOf(request: messages.SolveRequest): Outputs {
  const { exporters, exporterDeprecated, exporterAttributesDeprecated, cache } = request;
  const isOld = exporters.length === 0 && exporterDeprecated !== '';
  const outputs = isOld ? [{ type: exporterDeprecated, attributes: exporterAttributesDeprecated }] : exporters;
  return { outputs: outputs.map(entryOf), caches: cache?.exports.map(entryOf) ?? [] };
}
