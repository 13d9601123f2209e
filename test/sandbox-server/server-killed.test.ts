// The server killed with twenty shells open: every shell goes on, and its page comes back to it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterAll, test } from 'vitest';
import { sharedEngine } from '../support/shared.ts';
import { spawnServer } from './server.ts';

const engine = await sharedEngine();
afterAll(() => engine[Symbol.asyncDispose]());

const lines = 250;
/** Says its name and counts, 50 times a second for 5 s: twenty at once leave the machine to the server that comes back. */
const counting = (name: string) =>
  `perl -e '$|=1; for (1..${lines}) { print "${name} line $_\\n"; select undef, undef, undef, 0.02 } print "end of ", "${name}\\n"'\r`;

test('X13 shells survive the server being killed; pages are back within 3 s and have every byte once', async () => {
  await using first = await spawnServer({ engineSocket: engine.socket });
  const labs = await Promise.all(Array.from({ length: 5 }, () => first.server.open()));
  const shells = await Promise.all(
    labs.map(async (lab, place) => {
      const page = await first.server.enter(lab);
      await page.hears('session', ({ phase }) => phase === 'ready');
      for (let request = 2; request <= 4; request += 1) {
        page.send({ type: 'open', request, rows: 24, columns: 80 });
        await page.hears('opened', (opened) => opened.request === request);
      }
      const terminals = ['t1', 't2', 't3', 't4'];
      for (const terminal of terminals) {
        await page.attach(terminal);
        await page.shows(terminal, '$ ');
      }
      return { lab, place, page, terminals };
    }),
  );
  // Not before all are there: else the first has counted to its end before the last begins.
  await Promise.all(
    shells.flatMap(({ place, page, terminals }) =>
      terminals.map((terminal) => {
        page.type(terminal, counting(`${place}-${terminal}`));
        return page.shows(terminal, `${place}-${terminal} line 20\r`);
      }),
    ),
  );
  const killed = once(first.child, 'exit');
  first.child.kill('SIGKILL');
  await killed;
  await Promise.all(shells.map(({ page }) => page.closed));
  const { port, dataDirectory } = first.server.settings;
  const began = performance.now();
  await using again = await spawnServer({ engineSocket: engine.socket, port, dataDirectory });
  const listening = performance.now();
  const firstBack = Promise.withResolvers<number>();
  const returned = await Promise.all(
    shells.map(async ({ lab, page: before, terminals, ...shell }) => {
      // At once, as a page does, though the server may not have taken up the session yet.
      const page = await again.server.enter(await again.server.ticket(lab));
      for (const terminal of terminals) {
        const { offset, gone } = await page.attach(terminal, before.offset(terminal));
        assert.deepEqual({ offset, gone }, { offset: before.offset(terminal), gone: false });
        firstBack.resolve(performance.now() - began);
      }
      return { ...shell, before, page, terminals };
    }),
  );
  const allBackMs = performance.now() - listening;
  assert.ok((await firstBack.promise) < 3_000, `the first is back after ${Math.round(await firstBack.promise)} ms`);
  assert.ok(allBackMs < 3_000, `all are back ${Math.round(allBackMs)} ms after the server is`);
  for (const { before, page, place, terminals } of returned) {
    for (const terminal of terminals) {
      const name = `${place}-${terminal}`;
      const all = () => before.output(terminal) + page.output(terminal);
      await page.until(() => all().includes(`end of ${name}`), `the end of ${name}`);
      assert.deepEqual(
        all().match(new RegExp(`${name} line \\d+\\r`, 'g')) ?? [],
        Array.from({ length: lines }, (_, line) => `${name} line ${line + 1}\r`),
      );
    }
  }
  for (const lab of labs) await again.server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
});
