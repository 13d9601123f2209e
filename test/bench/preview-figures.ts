// What a preview adds to a container's own answer: the first byte through browser, server and engine, above what curl measures
// in the workspace. On an engine and a server of their own.

import { request } from 'node:http';
import { listens, PreviewVisit, startPreviewLab } from '../sandbox-server/previews/lab.ts';
import { timed } from './clock.ts';
import { type Figure, percentile, timing } from './figures.ts';

const rounds = 50;
const port = 8080;

/** Milliseconds to the first byte, a connection for each, as a browser's first request of a page. */
function firstByte(url: string, visit: PreviewVisit): Promise<number> {
  const headers = { host: visit.host, cookie: visit.cookie };
  return timed(
    () =>
      new Promise<void>((resolve, reject) => {
        const asked = request(url, { headers, agent: false }, (answer) => {
          if (answer.statusCode !== 200) reject(new Error(`the preview answers ${answer.statusCode}`));
          answer.once('readable', resolve);
          answer.resume();
        });
        asked.on('error', reject);
        asked.end();
      }),
  );
}

export async function previewFigure(): Promise<Figure> {
  await using there = await startPreviewLab([]);
  const { engine, server, host, lab } = there;
  const script = 'mkdir /w; echo "<h1>here</h1>" > /w/index.html; exec httpd -f -p 80 -h /w';
  const { exitCode, stderr } = await engine.docker(
    host,
    'run',
    '-d',
    '-p',
    `${port}:80`,
    'busybox',
    'sh',
    '-c',
    script,
  );
  if (exitCode !== 0) throw new Error(stderr);
  await listens(engine, host, port);
  const curl = `for n in $(seq ${rounds}); do curl -so /dev/null -w '%{time_starttransfer}\\n' localhost:${port}; done`;
  const { stdout } = await engine.client.run(host, { argv: ['sh', '-c', curl], timeoutMs: 60_000 });
  const own = stdout
    .trim()
    .split('\n')
    .map((seconds) => Number(seconds) * 1000)
    .sort((a, b) => a - b);
  const { visit } = await PreviewVisit.open(server, lab, port);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await firstByte(server.url, visit));
  const above = times.map((ms) => ms - percentile(own, 0.5));
  return timing("first byte of a preview, above the container's own", above, 50);
}
