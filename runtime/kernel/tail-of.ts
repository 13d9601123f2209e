// What a program said before it ended.

import type net from 'node:net';

const maxTailCharacters = 4096;

/** The last of what a program says on `pipe`, once it says no more. */
export async function tailOf(pipe: net.Socket): Promise<string> {
  let said = '';
  pipe.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-maxTailCharacters);
  });
  await new Promise<void>((resolve) => pipe.on('error', resolve).on('end', resolve).on('close', resolve));
  pipe.destroy();
  return said;
}
