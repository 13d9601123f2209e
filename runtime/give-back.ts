// Giving the memory of a buffer back at once.

/**
 * Frees what `bytes` holds, which is empty then; nothing where it is a part of something larger. V8 does not know how cheap such
 * memory is to free: once 64 MB have been allocated it marks all that the engine has, though all of it was garbage at once.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
