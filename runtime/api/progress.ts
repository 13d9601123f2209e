// Progress of pulls, pushes, loads and imports, as it is sent.

import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import type { Progress } from '../images/image.ts';
import type { Exchange } from './exchange.ts';

/** Sends progress, line by line. An error on the way becomes the last line, because the answer has begun by then. */
export async function report(exchange: Exchange<Host>, lines: AsyncIterable<Progress>): Promise<void> {
  exchange.beginAnswer('application/json');
  const send = (line: Progress) => exchange.write(`${JSON.stringify(line)}\r\n`);
  try {
    for await (const line of lines) {
      if (exchange.signal.aborted) return;
      await send(line);
    }
  } catch (error) {
    if (!(error instanceof EngineError)) exchange.subject.engine.log.error({ err: error }, 'an image operation failed');
    const message = error instanceof EngineError ? error.message : 'the engine failed to do this; its log says why';
    await send({ errorDetail: { message }, error: message });
  }
  exchange.response.end();
}

/** `lines`, once its first line is there. Errors before that line are thrown here. */
export async function begun(lines: AsyncIterable<Progress>): Promise<AsyncIterable<Progress>> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    for (let line = first; !line.done; line = await iterator.next()) yield line.value;
  })();
}
