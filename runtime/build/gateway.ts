// The service moby.buildkit.v1.frontend.LLBBridge: a client that steers its build by itself, as buildx does. Each call names the build
// in its headers.

import { maxBuildMessageBytes } from '../limits.ts';
import type { Build } from './builds.ts';
import { frontendCapabilities, llbCapabilities } from './capabilities.ts';
import { type Call, type Method, unary } from './grpc/serve.ts';
import { codes, GrpcError } from './grpc/status.ts';
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
        const { frontend, options, frontendInputs, evaluate } = request;
        const result = await builder.solve(build, { frontend, options, inputs: frontendInputs });
        if (result.id === null)
          return { result: { result: { case: 'ref' as const, value: {} }, metadata: result.metadata } };
        if (evaluate) await builder.evaluate(build, result);
        const { id, metadata, definition } = result;
        return { result: { result: { case: 'ref' as const, value: { id, def: definition } }, metadata } };
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

/** What the client wants to have built; null where it wanted nothing. */
function returned(given: messages.Result | undefined, find: (id: string) => Result): Result | null {
  const { result } = given ?? {};
  switch (result?.case) {
    case 'ref':
      return result.value.id === '' ? null : find(result.value.id);
    case 'refDeprecated':
      return result.value === '' ? null : find(result.value);
    case 'refs': {
      const [only, ...others] = Object.values(result.value.refs);
      if (others.length > 0)
        throw new GrpcError(codes.unimplemented, 'an image for several platforms is not built here: ask for one');
      return only ? find(only.id) : null;
    }
    default:
      return null;
  }
}
