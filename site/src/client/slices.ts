/** Long work in slices: between them the browser draws, and answers keys and the pointer. */

/** What a student does not notice, also on a phone that takes four times as long. */
const sliceMs = 8;

let beganMs = Number.NEGATIVE_INFINITY;

/** Resolves at once within a slice, after the browser had its turn at the end of one. */
export async function nextSlice(): Promise<void> {
  const now = performance.now();
  if (now - beganMs < sliceMs) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  // Timers wait 4 ms after some of them, messages do not.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => resolve();
  port2.postMessage(null);
  await promise;
  port1.close();
  beganMs = performance.now();
}
