// Several tars in one: each without its end, which is two blocks of zeros (POSIX pax, "ustar Interchange Format"), but for the last.

const endBytes = 1024;

/** They are this engine's own, and end with just those two blocks. */
export async function* joinTars(tars: readonly AsyncIterable<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  for (const [at, tar] of tars.entries()) {
    if (at === tars.length - 1) yield* tar;
    else yield* withoutEnd(tar);
  }
}

/** Holds back as much as the end may be. */
async function* withoutEnd(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = Buffer.alloc(0);
  for await (const piece of tar) {
    const all = Buffer.concat([held, piece]);
    const cut = Math.max(0, all.length - endBytes);
    if (cut > 0) yield all.subarray(0, cut);
    held = Buffer.from(all.subarray(cut));
  }
}
