// The service moby.buildkit.v1.frontend.LLBBridge: a client that steers its build by itself, as buildx does. Each call names the build
// in its headers.

import { maxBuildMessageBytes } from '../limits.ts';
import type { Build, Wanted } from './builds.ts';
import { frontendCapabilities, llbCapabilities } from './capabilities.ts';
import { type Call, type Method, unary } from './grpc/serve.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { formatPlatform } from './language/platforms.ts';
import * as messages from './messages/gateway_pb.ts';
import type { Result } from './result.ts';
import type { ServedBuilder } from './served-builder.ts';

const service = '/moby.buildkit.v1.frontend.LLBBridge';

const enabled = (ids: readonly string[]) => ids.map((id) => ({ id, enabled: true }));

export function gatewayMethods(builder: ServedBuilder): readonly (readonly [string, Method])[] {
  const buildOf = ({ headers, signal }: Call): Promise<Build<Result>> =>
    builder.builds.find(String(headers['buildkit-controlapi-buildid'] ?? ''), signal);
  const resultOf = (build: Build<Result>, id: string): Result => {
    const found = build.results.get(id);
    if (!found) throw new GrpcError(codes.notFound, `no such reference ${id.slice(0, 100)}`);
    return found;
  };
  return [
    [
      `${service}/Ping`,
      unary(messages.PingRequestSchema, messages.PongResponseSchema, async (_, call) => {
        await buildOf(call);
        return {
          frontendCapabilities: enabled(frontendCapabilities),
          llbCapabilities: enabled(llbCapabilities),
          workers: [],
        };
      }),
    ],
    [
      `${service}/Solve`,
      unary(messages.FrontendSolveRequestSchema, messages.FrontendSolveResponseSchema, async (request, call) => {
        const build = await buildOf(call);
        const { frontend, options, frontendInputs, evaluate, cacheImports } = request;
        const imports = cacheImports.map(({ type, attributes }) => ({ type, attributes }));
        const planned = await builder.solve(build, { frontend, options, inputs: frontendInputs, imports });
        const { results, metadata } = planned;
        if (!results) return { result: { result: { case: 'ref' as const, value: {} }, metadata } };
        if (evaluate) await Promise.all(results.map((result) => builder.evaluate(build, result)));
        return { result: { result: referencesTo(planned), metadata } };
      }),
    ],
    [
      `${service}/Evaluate`,
      unary(messages.EvaluateRequestSchema, messages.EvaluateResponseSchema, async ({ ref }, call) => {
        const build = await buildOf(call);
        await builder.evaluate(build, resultOf(build, ref));
        return {};
      }),
    ],
    [
      `${service}/Inputs`,
      unary(messages.InputsRequestSchema, messages.InputsResponseSchema, async (_, call) => {
        await buildOf(call);
        return {};
      }),
    ],
    [
      `${service}/Return`,
      unary(
        messages.ReturnRequestSchema,
        messages.ReturnResponseSchema,
        async ({ result, error }, call) => {
          const build = await buildOf(call);
          if (error) build.returned.reject(build.failure ?? new GrpcError(error.code, error.message));
          else build.returned.resolve(returned(result, (id) => resultOf(build, id)));
          return {};
        },
        // What the result was told with comes back: configurations of images.
        maxBuildMessageBytes,
      ),
    ],
  ];
}

/** By platform where there may be several. */
function referencesTo({ results, isIndex }: Wanted<Result>) {
  const references = results.map(
    ({ id, definition: def, platform }) => [formatPlatform(platform), { id, def }] as const,
  );
  const [first] = references;
  if (isIndex || !first) return { case: 'refs' as const, value: { refs: Object.fromEntries(references) } };
  return { case: 'ref' as const, value: first[1] };
}

/** What the client wants to have built; null where it wanted nothing. */
function returned(given: messages.Result | undefined, find: (id: string) => Result): Wanted<Result> | null {
  const { result } = given ?? {};
  const one = (id: string): Wanted<Result> | null => (id === '' ? null : { results: [find(id)], isIndex: false });
  switch (result?.case) {
    case 'ref':
      return one(result.value.id);
    case 'refDeprecated':
      return one(result.value);
    case 'refs': {
      // A map has no order on the way: that in which they were planned.
      const results = Object.values(result.value.refs).map(({ id }) => find(id));
      results.sort((a, b) => a.place - b.place);
      return results.length === 0 ? null : { results, isIndex: true };
    }
    default:
      return null;
  }
}
