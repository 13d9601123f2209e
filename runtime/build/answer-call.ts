// What a client asks about a Dockerfile instead of having it built: `docker build --check` and `--call`.

import { codes, GrpcError } from './grpc/status.ts';
import {
  type CallResult,
  callsResult,
  callVersion,
  checkResult,
  outlineResult,
  targetsResult,
} from './language/call-results.ts';
import type { Warning } from './language/lint.ts';
import { checkBuild, type PlanRequest, planBuild } from './language/plan/build-plan.ts';
import type { Surroundings } from './language/plan/context.ts';
import type { Answer, SourceFile } from './result.ts';

/** `call`: `frontend.lint`, `outline`, `targets` or `subrequests.describe`. Throws LanguageError; unimplemented for another call. */
export async function answerCall(
  call: string,
  request: PlanRequest,
  source: SourceFile,
  surroundings: Surroundings,
): Promise<Answer> {
  switch (call) {
    case 'frontend.lint': {
      const warnings: Warning[] = [];
      const warn = (warning: Warning): unknown => warnings.push(warning);
      const error = await checkBuild({ ...request, warn }, surroundings);
      return answer(checkResult(warnings, error, source));
    }
    case 'frontend.outline':
      return answer(outlineResult((await planBuild(request, surroundings)).target, source.text));
    case 'frontend.targets':
      return answer(targetsResult(source.text));
    case 'frontend.subrequests.describe':
      return answer(callsResult());
    default:
      throw new GrpcError(codes.unimplemented, `unsupported request ${call.slice(0, 100)}`, [
        { typeUrl: 'github.com/moby/buildkit/errdefs.Subrequest+json', value: { name: call.slice(0, 100) } },
      ]);
  }
}

function answer({ json, text, exitCode }: CallResult): Answer {
  const bytes = (value: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(value));
  return {
    results: null,
    metadata: {
      'result.json': bytes(json),
      'result.txt': bytes(text),
      version: bytes(callVersion),
      ...(exitCode !== null && { 'result.statuscode': bytes(String(exitCode)) }),
    },
  };
}
