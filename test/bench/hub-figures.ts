// The hub's registry by itself, over HTTP on the loopback address, beside Debian's docker-registry where the machine has it: a blob of
// 100 MB is pushed as docker pushes it, and pulled.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { dockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { askRegistry } from '../support/own-registry.ts';
import { RegistryProcess } from '../support/registry-pushers.ts';
import { timed } from './clock.ts';
import { drain } from './drain.ts';
import { type Figure, ratio, timing } from './figures.ts';

const rounds = 6;
const throughputRounds = 15;
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

/** A program that sends the file by sendfile(2) and does nothing else; its address. */
async function serveBySendfile(file: string): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const program = fileURLToPath(new URL('./sendfile.py', import.meta.url));
  const child = spawn('python3', [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${String(line).trim()}`, child };
}

/** Of one blob, again and again: how it leaves the machine, once it is in memory. */
async function throughputFigures(ours: string, file: string, digest: string): Promise<Figure[]> {
  const { url, child } = await serveBySendfile(file);
  const times = { own: [] as number[], kernel: [] as number[] };
  try {
    for (let round = 0; round < throughputRounds; round++) {
      times.kernel.push(await timed(() => drain(url, '/', blobBytes)));
      times.own.push(await timed(() => drain(ours, `/v2/bench/blob/blobs/${digest}`, blobBytes)));
    }
  } finally {
    child.kill();
  }
  const [own, kernel] = [times.own.slice(1), times.kernel.slice(1)];
  return [
    timing('a blob of 100 MB from the hub’s registry', own, null, 0.5),
    timing('  the same, by sendfile(2)', kernel, null, 0.5),
    ratio('  ratio: a blob of 100 MB, sendfile(2)', kernel, own, 0.8),
  ];
}

/** The first round warms up. */
export async function hubFigures(): Promise<Figure[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'drydock-bench-hub-'));
  const ours = await RegistryProcess.start(`${folder}/${randomUUID()}`);
  const theirs = dockerRegistry && (await startDockerRegistry(dockerRegistry));
  const urls = theirs ? [ours.url, `http://${theirs.domain}`] : [ours.url];
  const times = urls.map(() => ({ push: [] as number[], pull: [] as number[] }));
  const throughput: Figure[] = [];
  try {
    const file = `${folder}/blob`;
    for (let round = 0; round < rounds; round++) {
      const content = randomBytes(blobBytes);
      fs.writeFileSync(file, content);
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      for (const [n, url] of urls.entries()) {
        times[n]?.push.push(await timed(() => push(url, file, digest)));
        times[n]?.pull.push(await timed(() => drain(url, `/v2/bench/blob/blobs/${digest}`, blobBytes)));
      }
      if (round === rounds - 1) throughput.push(...(await throughputFigures(ours.url, file, digest)));
    }
  } finally {
    await ours.kill();
    await theirs?.[Symbol.asyncDispose]();
    fs.rmSync(folder, { recursive: true, force: true });
  }
  const moved = (['push', 'pull'] as const).flatMap((verb) => {
    const [own = [], other] = times.map((one) => one[verb].slice(1));
    const name = `${verb} of 100 MB to the hub’s registry, by HTTP`;
    const figures = [timing(name, own, null, 0.5)];
    if (!other) return figures;
    return [
      ...figures,
      timing('  the same, docker-registry', other, null, 0.5),
      ratio(`  ratio: ${name}`, other, own, 1),
    ];
  });
  return [...moved, ...throughput];
}
