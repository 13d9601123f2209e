// What clients call beside the builder's own services.

import { emptyMethod, type Method, unary } from './grpc/serve.ts';
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from './messages/session_pb.ts';

const serving = 1;

export const otherMethods: readonly (readonly [string, Method])[] = [
  [
    '/grpc.health.v1.Health/Check',
    unary(HealthCheckRequestSchema, HealthCheckResponseSchema, () => ({ status: serving })),
  ],
  // Traces of the client's own, which nobody looks at here.
  ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', emptyMethod],
];
