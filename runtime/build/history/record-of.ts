// What the history says of a build: what was asked for, and how it went.

import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { maxHistoryTextBytes } from '../../limits.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { BuildHistoryRecordSchema, type SolveRequest } from '../messages/control_pb.ts';
import type { Event } from '../progress.ts';
import type { HistoryRecord } from './build-history.ts';

/** Of one that has begun. */
export function startedRecord({ ref, frontend, frontendAttributes, exporters }: SolveRequest): HistoryRecord {
  return create(BuildHistoryRecordSchema, {
    ref,
    frontend,
    frontendAttributes: bounded(frontendAttributes),
    exporters: exporters.map(({ type, attributes }) => ({ type, attributes: bounded(attributes) })),
    createdAt: timestampFromDate(new Date()),
  });
}

/** The first so many characters of names and values: whole entries. */
function bounded(attributes: Readonly<Record<string, string>>): Record<string, string> {
  let bytes = 0;
  return Object.fromEntries(
    Object.entries(attributes).filter(([name, value]) => {
      const more = name.length + value.length;
      if (bytes + more > maxHistoryTextBytes) return false;
      bytes += more;
      return true;
    }),
  );
}

/** The same when it is over. */
export function completeRecord(
  started: HistoryRecord,
  events: readonly Event[],
  { told, error }: { readonly told: Readonly<Record<string, string>>; readonly error: unknown },
): HistoryRecord {
  const steps = new Map<string, NonNullable<Event['vertexes']>[number]>();
  for (const { vertexes = [] } of events) for (const one of vertexes) steps.set(one.digest ?? '', one);
  const all = [...steps.values()];
  return {
    ...started,
    completedAt: timestampFromDate(new Date()),
    exporterResponse: bounded(told),
    ...(error !== null && { error: create(BuildHistoryRecordSchema, { error: statusOf(error) }).error }),
    numTotalSteps: all.length,
    numCompletedSteps: all.filter(({ completed }) => completed).length,
    numCachedSteps: all.filter(({ cached }) => cached).length,
    numWarnings: events.reduce((sum, { warnings = [] }) => sum + warnings.length, 0),
  };
}

function statusOf(error: unknown): NonNullable<MessageInitShape<typeof BuildHistoryRecordSchema>['error']> {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, maxHistoryTextBytes);
  if (!(error instanceof GrpcError)) return { code: codes.unknown, message };
  const details = error.details.map(({ typeUrl, value }) => ({
    typeUrl,
    value: Uint8Array.from(Buffer.from(JSON.stringify(value))),
  }));
  return { code: error.code, message, details };
}
