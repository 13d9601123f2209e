// Asks a port of a student's host for a page, through the engine. The answer is text to be looked at, and bounded.

import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { kindOf } from '../errors.ts';
import { answerMs, maxAnswerBytes } from '../limits.ts';
import type { AnswerFact } from './facts.ts';
import { shown } from './shown.ts';

/** The name in our requests. Lines of a web server's log that have it are left out: they are not the student's visits. */
export const checkMark = 'drydock-check';

function answered(stream: Duplex, path: string, signal: AbortSignal): Promise<AnswerFact> {
  return new Promise((resolve) => {
    const failed = (why: string) =>
      resolve({ status: null, text: signal.aborted ? `it took longer than ${answerMs / 1000} s` : shown(why) });
    const headers = { host: 'localhost', 'user-agent': checkMark, connection: 'close' };
    let begun = false;
    const asked = request({ path, headers, signal, createConnection: () => stream }, (answer) => {
      begun = true;
      const chunks: Uint8Array[] = [];
      let size = 0;
      const finish = () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      answer.on('data', (chunk: Uint8Array) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size < maxAnswerBytes) return;
        // The beginning is enough to look at.
        finish();
        asked.destroy();
      });
      answer.on('end', finish);
      answer.on('error', ({ message }) => failed(message));
    });
    asked.on('error', ({ message }) => failed(message));
    // It may also switch to another protocol unasked: Node closes the connection then, and says nothing else.
    asked.on('close', () => {
      if (!begun) failed('it gave no answer');
    });
    asked.end();
  });
}

/** `dial` connects to the port. Throws only what `dial` throws beside notFound (nothing listens) and exhausted. */
export async function askPort(
  dial: (ending: AbortSignal) => Promise<Duplex>,
  path: string,
  signal: AbortSignal,
): Promise<AnswerFact> {
  const ending = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
  try {
    const stream = await dial(ending);
    try {
      return await answered(stream, path, ending);
    } finally {
      stream.destroy();
    }
  } catch (error) {
    const kind = kindOf(error);
    if (kind === 'notFound') return { status: null, text: 'nothing listens there' };
    if (kind === 'exhausted' || ending.aborted) return { status: null, text: 'it is too busy' };
    throw error;
  }
}
