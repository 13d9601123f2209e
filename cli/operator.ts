// Asks the running server, over its operator's socket: only root can enter the directory that it is in.

import http from 'node:http';
import type * as z from 'zod';
import { Failure } from './failure.ts';
import { loadSettings } from './load-settings.ts';
import { operatorSocket } from './paths.ts';

const timeoutMs = 30_000;
const maxBytes = 16 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly text: string;
}

function exchange(socketPath: string, method: string, path: string, body: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, method, path, timeout: timeoutMs }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > maxBytes) request.destroy(new Error('the answer is too long'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Null where the server said nothing but that it is done. Throws Failure where none answers, or it refuses. */
async function ask(
  method: string,
  path: string,
  body?: unknown,
  socket = operatorSocket(loadSettings(process.env).settings.run),
): Promise<unknown> {
  const { status, text } = await exchange(socket, method, path, body).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') throw new Failure('Only root may ask the server. Run this as root, with sudo.');
    if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
      throw new Failure(`No server answers at ${socket}. Start Drydock with npm start, or drydock up.`);
    throw new Failure(`The server at ${socket} does not answer: ${error.message}.`, { cause: error });
  });
  const answer: unknown = text === '' ? null : JSON.parse(text);
  if (status < 400) return answer;
  const told = typeof answer === 'object' && answer !== null && 'message' in answer ? String(answer.message) : text;
  throw new Failure(told);
}

/** Throws Failure where no server answers, where it refuses, or is of another version. */
export async function askServer<T>(
  schema: z.ZodType<T>,
  method: string,
  path: string,
  body?: unknown,
  socket?: string,
): Promise<T> {
  const parsed = schema.safeParse(await ask(method, path, body, socket));
  if (parsed.success) return parsed.data;
  throw new Failure(
    'The server that runs is of another version than this command. Restart it: drydock down, drydock up.',
  );
}

/** Throws Failure as `askServer`. */
export async function tellServer(method: string, path: string, body?: unknown, socket?: string): Promise<void> {
  await ask(method, path, body, socket);
}
