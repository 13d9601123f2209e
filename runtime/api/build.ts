// The classic builder: `POST /build`, by which docker-py and dockerode build, and docker with `DOCKER_BUILDKIT=0`.

import { parseClassicRequest } from '../build/classic/request.ts';
import { QuietTranscript, Transcript } from '../build/classic/transcript.ts';
import { GrpcError } from '../build/grpc/status.ts';
import { LanguageError } from '../build/language/source.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { maxHeldBuild } from '../limits.ts';
import { credentialsInConfiguration } from '../registries/credentials.ts';
import type { Exchange } from './exchange.ts';
import { flagOr, text } from './query.ts';
import type { Routes } from './router.ts';

async function build(exchange: Exchange<Host>): Promise<void> {
  const { query, subject, signal, request: archive } = exchange;
  subject.needRunning();
  const reader = {
    text: (name: string) => text(query, name),
    all: (name: string) => query.getAll(name),
    flag: (name: string, standard: boolean) => flagOr(query, name, standard),
  };
  const request = parseClassicRequest(reader, credentialsInConfiguration(archive.headers['x-registry-config']));
  const builder = await subject.builder();
  const write = async (line: string): Promise<void> => {
    if (!exchange.response.headersSent) exchange.beginAnswer('application/json');
    await exchange.write(line);
  };
  const transcript = request.quiet ? new QuietTranscript(write, maxHeldBuild) : new Transcript(write);
  try {
    await builder.buildClassic(request, archive, transcript, signal);
  } catch (error) {
    throw error instanceof GrpcError || error instanceof LanguageError
      ? new EngineError('invalid', error.message, { cause: error })
      : error;
  }
  exchange.response.end();
}

export const buildRoutes: Routes<Host> = { 'POST /build': build };
