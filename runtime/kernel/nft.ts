// nft(8) in a network namespace.

import { EngineError } from '../errors.ts';
import { insideNetworkAt, insideNetworkOf } from './namespaces.ts';
import { type Program, start } from './spawn.ts';
import { tailOf } from './tail-of.ts';

/** Applies `script` as one transaction in the network namespace of `pid`. Throws what nft said. */
export async function nft(pid: number, script: string): Promise<void> {
  await apply(insideNetworkOf(pid, startNft), script);
}

/** The same in the network namespace that is pinned at `file`. */
export async function nftAt(file: string, script: string): Promise<void> {
  await apply(insideNetworkAt(file, startNft), script);
}

const startNft = (): Program => start(['nft', '-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });

async function apply(program: Program, script: string): Promise<void> {
  const [input, complaints] = [program.pipe(0), program.pipe(2)];
  input.on('error', () => undefined); // its exit code tells
  input.end(script);
  const said = await tailOf(complaints);
  input.destroy();
  const status = await program.exited;
  if (status !== 0) throw new EngineError('internal', `nft ended with ${status}: ${said.trim()}`);
}
