// The hub's registry by itself, over HTTP on the loopback address, beside Debian's docker-registry where the machine has it: a blob of
// 100 MB is pushed as docker pushes it, and pulled.

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { dockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { askRegistry } from '../support/own-registry.ts';
import { RegistryProcess } from '../support/registry-pushers.ts';
import { timed } from './clock.ts';
import { type Figure, ratio, timing } from './figures.ts';

const rounds = 6;
const blobBytes = 100 * 1024 * 1024;

/** One request; its body is sent from a file, and what is answered is read and dropped. */
async function exchange(url: string, method: string, target: string, file: string | null = null): Promise<string> {
  const headers = { 'Content-Length': file === null ? 0 : blobBytes, 'Content-Type': 'application/octet-stream' };
  const absolute = new URL(target, url);
  const request = http.request(absolute, { method, headers: method === 'GET' ? {} : headers, agent: false });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  if (file === null) request.end();
  else await pipeline(fs.createReadStream(file, { highWaterMark: 256 * 1024 }), request);
  const response = await answered;
  const ended = new Promise((resolve, reject) => response.once('end', resolve).once('error', reject));
  response.resume();
  await ended;
  if (response.statusCode === undefined || response.statusCode >= 300)
    throw new Error(`${method} ${target}: ${response.statusCode}`);
  return response.headers.location ?? '';
}

async function push(url: string, file: string, digest: string): Promise<void> {
  const begun = await askRegistry(url, 'POST', '/v2/bench/blob/blobs/uploads/');
  const sent = await exchange(url, 'PATCH', begun.header('location'), file);
  await exchange(url, 'PUT', `${sent}${sent.includes('?') ? '&' : '?'}digest=${digest}`);
}

/** docker-registry sends files by sendfile(2), which no program in JavaScript can. */
const leastRatio = { push: 1, pull: 0.8 } as const;

/** The first round warms up. */
export async function hubFigures(): Promise<Figure[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'drydock-bench-hub-'));
  const ours = await RegistryProcess.start(`${folder}/${randomUUID()}`);
  const theirs = dockerRegistry && (await startDockerRegistry(dockerRegistry));
  const urls = theirs ? [ours.url, `http://${theirs.domain}`] : [ours.url];
  const times = urls.map(() => ({ push: [] as number[], pull: [] as number[] }));
  try {
    const file = `${folder}/blob`;
    for (let round = 0; round < rounds; round++) {
      const content = randomBytes(blobBytes);
      fs.writeFileSync(file, content);
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      for (const [n, url] of urls.entries()) {
        times[n]?.push.push(await timed(() => push(url, file, digest)));
        times[n]?.pull.push(await timed(() => exchange(url, 'GET', `/v2/bench/blob/blobs/${digest}`)));
      }
    }
  } finally {
    await ours.kill();
    await theirs?.[Symbol.asyncDispose]();
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return (['push', 'pull'] as const).flatMap((verb) => {
    const [own = [], other] = times.map((one) => one[verb].slice(1));
    const name = `${verb} of 100 MB to the hub’s registry, by HTTP`;
    const figures = [timing(name, own, null, 0.5)];
    if (!other) return figures;
    return [
      ...figures,
      timing('  the same, docker-registry', other, null, 0.5),
      ratio(`  ratio: ${name}`, other, own, leastRatio[verb]),
    ];
  });
}
