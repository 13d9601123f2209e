// A class and a half: what opening a lab costs when few and when hundreds are there, what they cost while nobody does
// anything, and what the next student feels while a hundred of them work. On a Drydock of their own.

import { shellOf } from '../sandbox-server/sessions/student.ts';
import { startDrydock } from '../support/drydock.ts';
import { cpuMs, pause, timed } from './clock.ts';
import { Crowd } from './crowd.ts';
import { type Figure, growth, load, timing } from './figures.ts';
import { processesOf } from './processes.ts';
import { busyLoop, serverAt } from './web-figures.ts';

const students = 400;
/** The cost of an opening is measured over so many before the 50th and before the last. */
const measuredOpenings = 40;
/** Nobody has touched the last one for so long when they are measured as idle. */
const calmSeconds = 60;
const idleSeconds = 20;
const rushStudents = 300;
const busyStudents = 100;
const keys = 100;
/** Far more ranges than a test has: before those that a Drydock takes by default. */
const uidBase = 1_799_946_240;

async function openingFigures(crowd: Crowd, engine: number): Promise<Figure[]> {
  // CPU time of the engine when so many had been opened.
  const spent = new Map<number, number>();
  const opening = await crowd.openInTurn(students, (n) => spent.set(n, cpuMs(engine)));
  spent.set(students, cpuMs(engine));
  const costBefore = (n: number) =>
    ((spent.get(n) ?? Number.NaN) - (spent.get(n - measuredOpenings) ?? Number.NaN)) / measuredOpenings;
  const [few, many] = [costBefore(50), costBefore(students)];
  return [
    timing(`opening a lab, ${students} one after the other, to the prompt`, opening),
    timing('  the engine’s CPU time for one, 50 there', [few]),
    timing(`  the engine’s CPU time for one, ${students} there`, [many]),
    growth(`  growth from 50 to ${students}`, many / few, 1.2),
  ];
}

async function idleFigures(pids: { engine: number; server: number }): Promise<Figure[]> {
  // The engine view looks at a lab often at first, and ever less often while nothing happens in it.
  await pause(calmSeconds * 1000);
  const before = [cpuMs(pids.engine), cpuMs(pids.server)];
  await pause(idleSeconds * 1000);
  const used = [cpuMs(pids.engine), cpuMs(pids.server)].map((ms, at) => (ms - (before[at] ?? 0)) / idleSeconds / 10);
  const [engine = Number.NaN, server = Number.NaN] = used;
  return [
    load(`${students} idle labs, the engine`, engine, null),
    load(`${students} idle labs, the server`, server, null),
    load(`${students} idle labs, both`, engine + server, 5),
  ];
}

/** Until the engine has removed the hosts of all who left: that is not what those who come next are to be measured by. */
async function untilCalm(engine: number): Promise<void> {
  let used = Number.POSITIVE_INFINITY;
  while (used > 50) {
    const before = cpuMs(engine);
    await pause(1000);
    used = cpuMs(engine) - before;
  }
}

async function busyFigures(crowd: Crowd): Promise<Figure[]> {
  const [page, ...others] = crowd.pages;
  if (page === undefined) throw new Error('nobody is there');
  for (const other of others.slice(0, busyStudents)) other.type(shellOf(other), `${busyLoop}\n`);
  await pause(2_000);
  const shell = shellOf(page);
  const echoes: number[] = [];
  for (let n = 0; n < keys; n++) {
    const before = page.output(shell).length;
    echoes.push(
      await timed(async () => {
        page.type(shell, 'x');
        await page.shows(shell, 'x', before);
      }),
    );
    await pause(20);
  }
  return [timing(`keystroke echo, ${rushStudents} labs, ${busyStudents} of them busy`, echoes)];
}

export async function crowdFigures(): Promise<Figure[]> {
  await using drydock = await startDrydock({
    DRYDOCK_CAPACITY: String(students + 40),
    DRYDOCK_ADDRESS_LABS: String(students + 40),
    DRYDOCK_UID_BASE: String(uidBase),
    DRYDOCK_UID_RANGES: String(students + 60),
    DRYDOCK_TRUSTED_PROXY: '127.0.0.1',
    DRYDOCK_HOST_MEMORY: '64MiB',
  });
  const pids = await processesOf(drydock);
  await using server = serverAt(drydock.url);
  const crowd = new Crowd(server);
  const figures = [...(await openingFigures(crowd, pids.engine)), ...(await idleFigures(pids))];
  await crowd.leave();
  await untilCalm(pids.engine);
  const rush = await crowd.openAtPace(rushStudents, 20);
  figures.push(timing(`opening a lab, ${rushStudents} at 20 a second, to the prompt`, rush));
  figures.push(...(await busyFigures(crowd)));
  await crowd.leave();
  return figures;
}
