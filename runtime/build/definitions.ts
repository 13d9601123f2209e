// How a client is given a result that another build is to take as its input: a definition of one source, which it gives back as it was.

import { create, toBinary } from '@bufbuild/protobuf';
import { digestOf } from '../store/blobs.ts';
import { parsed } from './grpc/parse.ts';
import { type Definition, OperationSchema } from './messages/shared_pb.ts';

const scheme = 'drydock-result://';

/** Clients read it, and refuse one that is no definition of BuildKit's. */
export function definitionOf(resultId: string) {
  const source = toBinary(OperationSchema, create(OperationSchema, { source: { identifier: `${scheme}${resultId}` } }));
  const digest = digestOf(source);
  const end = toBinary(OperationSchema, create(OperationSchema, { inputs: [{ digest }] }));
  return { def: [source, end], metadata: { [digest]: {} } };
}

/** The ID of the result that a definition is of; null where it is none of ours. */
export function resultIn({ def }: Definition): string | null {
  const [first] = def;
  if (!first) return null;
  try {
    const identifier = parsed(OperationSchema, first).source?.identifier ?? '';
    return identifier.startsWith(scheme) ? identifier.slice(scheme.length) : null;
  } catch {
    return null;
  }
}
