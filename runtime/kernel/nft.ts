// nft(8) in the network namespace of a process.

import { EngineError } from '../errors.ts';
import { insideNetworkOf, start } from './namespaces.ts';

/** Applies `script` as one transaction in the network namespace of `pid`. Throws what nft said. */
export async function nft(pid: number, script: string): Promise<void> {
  const child = insideNetworkOf(pid, () => start(['nft', '-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] }));
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4096);
  });
  child.stdin?.on('error', () => undefined); // its exit code tells
  child.stdin?.end(script);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) throw new EngineError('internal', `nft ended with ${status}: ${said.trim()}`);
}
