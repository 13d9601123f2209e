// How soon a page is told what a command has changed: from Enter in the terminal to the engine view that shows it.

import type { View } from '../../sandbox-server/protocol.ts';
import type { TestPage } from '../sandbox-server/page.ts';
import { run } from '../sandbox-server/sessions/student.ts';
import { timed } from './clock.ts';
import { type Figure, timing } from './figures.ts';
import { serverAt } from './web-figures.ts';

const rounds = 30;

async function untilShown(page: TestPage, command: string, is: (view: View) => boolean): Promise<number> {
  const shown = page.hearsNext('view', is);
  const ended = run(page, 't1', command);
  const ms = await timed(() => shown);
  await ended;
  // Commands begin anywhere between two looks.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
  return ms;
}

/** `url` is of a running Drydock. The docker command's own start is in the figure. */
export async function viewFigure(url: string): Promise<Figure> {
  await using server = serverAt(url);
  const lab = await server.open();
  const page = await server.enter(lab);
  await page.hears('session', ({ phase }) => phase === 'ready');
  await page.attach('t1');
  await page.shows('t1', '$ ');
  await run(page, 't1', 'docker pull -q busybox');
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const name = `bench-${round}`;
    const isThere = ({ containers }: View) => containers.some((one) => one.name === name && one.state === 'running');
    times.push(await untilShown(page, `docker run -d --name ${name} busybox sleep 99`, isThere));
    times.push(await untilShown(page, `docker rm -f ${name}`, ({ containers }) => containers.length === 0));
  }
  await server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
  return timing('command in the terminal to the engine view', times, 500);
}
