// `drydock host shell NAME`: a terminal in a host's workspace, joined to the operator's own.

import { randomBytes } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { exitUsage, Failure } from '../failure.ts';
import { withEngine } from './engine.ts';

/** Where standard input is no terminal and has no size. */
const defaultSize = { rows: 24, columns: 80 };

/** Ends when the shell ends; the exit code is the shell's. Throws Failure where there is no such host. */
export async function hostShell(name: string): Promise<void> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new Failure('A shell needs a terminal. For a single command use docker -H unix://SOCKET.', {
      exitCode: exitUsage,
    });
  }
  const size = () => ({ rows: stdout.rows || defaultSize.rows, columns: stdout.columns || defaultSize.columns });
  const id = `cli-${randomBytes(6).toString('hex')}`;
  await withEngine(async (engine) => {
    await engine.openTerminal(name, { id, ...size() });
    const leaving = new AbortController();
    const resize = () => {
      const { rows, columns } = size();
      engine.resizeTerminal(name, id, rows, columns).catch(() => {}); // the shell has just ended
    };
    try {
      const { stream } = await engine.attachTerminal(name, id, 0, leaving.signal);
      stdin.setRawMode(true);
      stdout.on('resize', resize);
      stdin.on('data', (chunk: Buffer) => {
        if (!stream.write(chunk)) stdin.pause();
      });
      stream.on('drain', () => stdin.resume());
      await pipeline(stream, stdout, { end: false });
      const terminal = (await engine.terminals(name)).find((each) => each.id === id);
      process.exitCode = terminal?.exitCode ?? 0;
    } finally {
      stdout.off('resize', resize);
      stdin.setRawMode(false);
      stdin.pause();
      leaving.abort();
      await engine.closeTerminal(name, id).catch(() => {}); // gone with its shell, or with its host
    }
  });
}
