// The thread that delivers to places outside: TLS and names take nothing of the engine's loop. Started by `outside-courier.ts` only.

import { parentPort, workerData } from 'node:worker_threads';
import { dialOutside } from '../../outside/dial.ts';
import { Places } from '../../outside/places.ts';
import { type Letter, post } from './post.ts';

const places = new Places(workerData as readonly string[]);
// The thread is ended as a whole.
const signal = new AbortController().signal;

parentPort?.on('message', async ({ id, letter }: { id: number; letter: Letter }) => {
  const receipt = await post(letter, (url, late) => dialOutside(url, places, late), { keepsAnswer: false, signal });
  parentPort?.postMessage({ id, receipt });
});
