// Where in the Dockerfile an error is: what buildx makes its excerpt of, with `>>>` before the lines.

import { codes, type Detail, GrpcError } from './grpc/status.ts';
import { LanguageError, type Location, rangesOf } from './language/source.ts';
import type { Step } from './language/steps.ts';
import type { SourceFile } from './result.ts';

/** Ranges of one excerpt: buildx looks at the first and the last alone. */
const maxRanges = 100;

function sourceDetail({ filename, text }: SourceFile, location: Location): Detail {
  const data = Buffer.from(text).toString('base64');
  const ranges = rangesOf(location, maxRanges).map(({ start, end }) => ({
    start: { line: start.line },
    end: { line: end.line },
  }));
  return {
    typeUrl: 'github.com/moby/buildkit/errdefs.Source+json',
    value: { info: { filename, data, language: 'Dockerfile' }, ranges },
  };
}

/** The error of a step, with the place of its instruction and the vertex that failed. */
export function located({ location }: Step, error: GrpcError, vertex: string, source: SourceFile | null): GrpcError {
  const isPlaced = error.details.some(({ typeUrl }) => typeUrl.includes('errdefs.Source'));
  return new GrpcError(error.code, error.message, [
    ...error.details,
    ...(source && location && !isPlaced ? [sourceDetail(source, location)] : []),
    { typeUrl: 'github.com/moby/buildkit/errdefs.Vertex+json', value: { digest: vertex } },
  ]);
}

/** An error of the language as the client gets it; any other as it is. */
export function ofLanguage(error: unknown, source: SourceFile): unknown {
  if (!(error instanceof LanguageError)) return error;
  return new GrpcError(
    codes.unknown,
    error.message,
    error.locations.map((location) => sourceDetail(source, location)),
  );
}
