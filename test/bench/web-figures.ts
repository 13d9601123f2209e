// What a student feels: a keystroke's echo through the WebSocket, and a lesson's way from click to prompt in a browser.

import { newStudent, prompt } from '../e2e/browser.ts';
import type { TestPage } from '../sandbox-server/page.ts';
import { type OpenedLab, TestServer } from '../sandbox-server/server.ts';
import { timed } from './clock.ts';
import { type Figure, timing } from './figures.ts';

const keys = 100;
const busyLabs = 10;
const terminalsPerLab = 5;

/** Ten lines of 80 characters a second, as of a build or a log that is followed, by the shell alone: no program is started. */
export const busyLoop = `exec 3<> <(:); while ! read -t 0.1 -u 3; do echo ${'o'.repeat(80)}; done`;

async function openAnother(page: TestPage, request: number): Promise<string> {
  page.send({ type: 'open', request, rows: 24, columns: 80 });
  return (await page.hears('opened', (message) => message.request === request)).terminal;
}

/** A client of the server at `url`, which somebody else started. */
export function serverAt(url: string): TestServer {
  const port = Number(new URL(url).port);
  return new TestServer(
    {
      version: '',
      engineSocket: '',
      dataDirectory: '',
      siteDirectory: '',
      lessonsDirectory: '',
      listenAddress: '127.0.0.1',
      port,
      publicOrigin: url,
      otherOrigins: [],
      previewOrigin: null,
      operatorSocket: null,
      invite: null,
      metricsToken: null,
      maxPerNetwork: null,
      yieldMs: 45_000,
      trustedProxies: [],
      capacity: 0,
      spareHosts: 0,
      freezeMs: 0,
      idleMs: 0,
      keepMs: 0,
    },
    () => Promise.resolve(),
  );
}

/** `url` of a Drydock whose capacity is over `busyLabs`, and which lets one address start that many at once. */
export async function echoFigures(url: string): Promise<Figure[]> {
  await using server = serverAt(url);
  const labs: OpenedLab[] = [];
  const enterNew = async (): Promise<TestPage> => {
    const lab = await server.open();
    labs.push(lab);
    return await server.enter(lab);
  };
  const page = await enterNew();
  await page.attach('t1');
  await page.shows('t1', '$ ');
  const measure = async (): Promise<number[]> => {
    const times: number[] = [];
    for (let n = 0; n < keys; n++) {
      const before = page.output('t1').length;
      times.push(
        await timed(async () => {
          page.type('t1', 'x');
          await page.shows('t1', 'x', before);
        }),
      );
      if (n % 20 === 19) page.type('t1', '\u0015');
      await new Promise((resolve) => setTimeout(resolve, 20)); // a quick typist
    }
    return times;
  };
  const alone = await measure();
  const busy: TestPage[] = [];
  for (let n = 0; n < busyLabs; n++) {
    const other = await enterNew();
    busy.push(other);
    for (let n = 1; n <= terminalsPerLab; n++) {
      const id = n === 1 ? 't1' : await openAnother(other, n);
      await other.attach(id);
      await other.shows(id, '$ ');
      other.type(id, `${busyLoop}\n`);
    }
  }
  const beside = await measure();
  for (const other of [page, ...busy]) other.drop();
  // Their shells would go on printing beside whatever is measured next.
  await Promise.all(labs.map(({ session, cookie }) => server.ask('DELETE', `/api/sessions/${session}`, { cookie })));
  return [
    timing('keystroke echo, alone', alone),
    timing(`keystroke echo, ${busyLabs * terminalsPerLab} busy terminals beside`, beside, 30),
  ];
}

export async function lessonFigure(url: string): Promise<Figure> {
  const times: number[] = [];
  for (let round = 0; round < 11; round++) {
    await using student = await newStudent(url);
    const { page } = student;
    await page.goto('/', { waitUntil: 'networkidle' }); // nobody clicks before the page has come
    const link = page.getByRole('link', { name: /first container/i }).first();
    await link.waitFor();
    times.push(
      await timed(async () => {
        await link.click();
        await prompt(page);
      }),
    );
  }
  return timing('lesson click to prompt in the browser', times.slice(1), 1000);
}
