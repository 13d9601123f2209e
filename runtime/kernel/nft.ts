// nft(8) in the network namespace of a process.

import { EngineError } from '../errors.ts';
import { insideNetworkOf } from './namespaces.ts';
import { start } from './spawn.ts';
import { tailOf } from './tail-of.ts';

/** Applies `script` as one transaction in the network namespace of `pid`. Throws what nft said. */
export async function nft(pid: number, script: string): Promise<void> {
  const program = insideNetworkOf(pid, () => start(['nft', '-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] }));
  const [input, complaints] = [program.pipe(0), program.pipe(2)];
  input.on('error', () => undefined); // its exit code tells
  input.end(script);
  const said = await tailOf(complaints);
  input.destroy();
  const status = await program.exited;
  if (status !== 0) throw new EngineError('internal', `nft ended with ${status}: ${said.trim()}`);
}
