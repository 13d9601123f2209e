/** Long work in slices: between them the browser draws, and answers keys and the pointer. */

/** A student does not notice so long a slice, also on a phone, which takes four times as long. */
const sliceMs = 8;

let beganMs = Number.NEGATIVE_INFINITY;

/** Resolves at once within a slice; at the end of a slice, after the browser has drawn and handled events. */
export async function nextSlice(): Promise<void> {
  const now = performance.now();
  if (now - beganMs < sliceMs) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  // A message, because nested timers wait 4 ms.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => resolve();
  port2.postMessage(null);
  await promise;
  port1.close();
  beganMs = performance.now();
}
