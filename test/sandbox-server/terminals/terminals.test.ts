// Terminals with a real engine: several, named, sized, ended; flow control; and drops at any byte.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { maxTerminals } from '../../../sandbox-server/limits.ts';
import { until } from '../../support/until.ts';
import { atPrompt, openTerminal, TerminalLab } from './terminal-lab.ts';

const lab = await TerminalLab.open();
afterAll(() => lab[Symbol.asyncDispose]());

test('a lab has several terminals, each its own shell, in the order of their tabs', async () => {
  const page = await lab.newPage();
  await atPrompt(page, 't1');
  const second = await openTerminal(page, 1);
  assert.equal(second, 't2');
  page.type('t1', 'mine=first\r');
  page.type(second, 'echo "[$mine]" $((6 * 7))\r');
  await page.shows(second, '[] 42');
  page.send({ type: 'rename', terminal: second, title: '  <b>logs</b>\u202e  ' });
  await page.hears('terminals', ({ terminals }) => terminals[1]?.title === '<b>logs</b>');
  page.send({ type: 'close', terminal: second });
  await page.hearsNext('terminals', ({ terminals }) => terminals.length === 1);
  page.drop();
});

test('a terminal has the size that its page says', async () => {
  const page = await lab.newPage();
  await atPrompt(page, 't1');
  // What is typed after a resize may overtake it, so the shell itself waits for the signal that its size has changed.
  page.type('t1', `bash -c 'trap "stty size; exit" WINCH; echo rea""dy; while :; do read -rt 0.05; done'\r`);
  await page.shows('t1', 'ready');
  page.send({ type: 'resize', terminal: 't1', rows: 33, columns: 111 });
  await page.shows('t1', '33 111');
  page.drop();
});

test('a shell that exits is told with its code, and another can be opened', async () => {
  const page = await lab.newPage();
  const terminal = await openTerminal(page, 2);
  page.type(terminal, 'exit 3\r');
  await page.hears('terminals', ({ terminals }) =>
    terminals.some((one) => one.id === terminal && !one.running && one.exitCode === 3),
  );
  page.type(terminal, 'x');
  const refused = await page.hears('refused', ({ of }) => of === 'input');
  assert.match(refused.message, /has exited/);
  page.send({ type: 'close', terminal });
  await page.hearsNext('terminals', ({ terminals }) => terminals.length === 1);
  page.drop();
});

test('a lab has no more terminals than the limit says', async () => {
  const page = await lab.newPage();
  for (let request = 100; request < 100 + maxTerminals; request += 1) {
    page.send({ type: 'open', request, rows: 24, columns: 80 });
  }
  const { message } = await page.hears('refused', ({ of }) => of === 'open');
  assert.match(message, /at most/);
  await page.hears('terminals', ({ terminals }) => terminals.length === maxTerminals);
  for (let number = 2; number < 20; number += 1) page.send({ type: 'close', terminal: `t${number}` });
  await page.hearsNext('terminals', ({ terminals }) => terminals.length === 1);
  page.drop();
});

test('X12 a page that is dropped again and again at any byte gets every byte once', async () => {
  const first = await lab.newPage();
  const terminal = await openTerminal(first, 4);
  const start = first.offset(terminal);
  // Each page has it say 200 lines more: so there are enough drops, however fast it is and however slow the pages.
  first.type(
    terminal,
    'stty -echo; for i in $(seq 1 12000); do [ $((i % 200)) = 1 ] && read; echo "line $i of it"; [ $((i % 50)) = 0 ] && sleep 0.01; done; stty echo; echo the-$((1 + 1))-end\r',
  );
  await first.shows(terminal, 'stty -echo');
  let text = '';
  let from = start;
  let drops = 0;
  first.drop();
  for (let ended = false; !ended; drops += 1) {
    const page = await lab.newPage();
    const attached = await page.attach(terminal, from);
    assert.equal(attached.offset, from);
    assert.equal(attached.gone, false);
    page.type(terminal, '\r');
    const want = (drops * 7_919) % 2_500;
    const giveUp = performance.now() + 1_000;
    while (page.output(terminal).length < want && performance.now() < giveUp) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if ((text + page.output(terminal)).includes('the-2-end')) break;
    }
    page.drop();
    text += page.output(terminal);
    from += Buffer.byteLength(page.output(terminal));
    ended = text.includes('the-2-end');
    assert.ok(drops < 450, 'it comes to an end');
  }
  const lines = text.match(/line \d+ of it\r/g) ?? [];
  assert.deepEqual(
    lines,
    Array.from({ length: 12_000 }, (_, line) => `line ${line + 1} of it\r`),
  );
  assert.ok(drops >= 50, `${drops} drops`);
});

test('X12 what is typed reaches the shell once or not at all, whenever its page is dropped', async () => {
  const first = await lab.newPage();
  const terminal = await openTerminal(first, 40);
  first.type(terminal, 'stty -echo; echo rea""dy; cat\r');
  await first.shows(terminal, 'ready');
  for (let round = 1; round <= 60; round += 1) {
    const page = await lab.newPage();
    for (const line of [1, 2, 3]) page.type(terminal, `typed ${round * 10 + line}.\r`);
    if (round % 3 === 0) await new Promise((resolve) => setTimeout(resolve, round % 5));
    page.drop();
  }
  const last = await lab.newPage();
  last.type(terminal, 'the last\r');
  await first.shows(terminal, 'the last');
  const numbers = [...first.output(terminal).matchAll(/typed (\d+)\./g)].map(([, number]) => Number(number));
  assert.ok(numbers.length > 0);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
    'each once, and in order',
  );
  first.send({ type: 'close', terminal });
  for (const page of [first, last]) page.drop();
});

test('X12 two pages show one terminal, both from its first byte', async () => {
  const [one, other] = await Promise.all([lab.newPage(), lab.newPage()]);
  await Promise.all([atPrompt(one, 't1'), atPrompt(other, 't1')]);
  one.type('t1', 'echo both-$((1 + 1))\r');
  await Promise.all([one.shows('t1', 'both-2'), other.shows('t1', 'both-2')]);
  other.drop();
  one.type('t1', 'echo one-$((1 + 1))\r');
  await one.shows('t1', 'one-2');
  one.drop();
});

test('X12 what a page typed is typed once, though its connection falls at once and another page is in its place', async () => {
  const first = await lab.newPage();
  const terminal = 't1';
  await atPrompt(first, terminal);
  // `got-` is what a terminal does not echo by itself.
  first.type(
    terminal,
    'n=0; echo loop-$((1 + 1)); while IFS= read -r line; do n=$((n + 1)); echo "got-$n-$line"; done\r',
  );
  // While it edits a line, the shell has the terminal leave a return as it is: one that came now would end no line of the loop's.
  await first.shows(terminal, 'loop-2\r');
  const sent = 40;
  let page = first;
  for (let place = 1; place <= sent; place += 1) {
    // A twin that watches the same terminal, as when the old connection is not known to be dead yet.
    const twin = await lab.newPage();
    await twin.attach(terminal, 0);
    page.type(terminal, `line${place}\r`);
    // Every third falls before it hears what came of it: what was sent may be lost then, and must not come twice.
    if (place % 3 === 0) page.socket.close();
    else await twin.shows(terminal, `-line${place}\r`);
    page.drop();
    page = twin;
  }
  page.type(terminal, 'last\r');
  await page.shows(terminal, '-last\r');
  const got = [...page.output(terminal).matchAll(/got-\d+-(line\d+)\r/g)].map(([, line]) => line);
  assert.deepEqual(got, [...new Set(got)], 'nothing is typed twice');
  const kept = Array.from({ length: sent }, (_, place) => `line${place + 1}`).filter(
    (_, place) => (place + 1) % 3 !== 0,
  );
  assert.deepEqual(
    kept.filter((line) => !got.includes(line)),
    [],
    'and what was answered is there',
  );
  page.type(terminal, '\x03');
  page.drop();
});

test('a page that comes back after more output than is kept is told that some is gone', async () => {
  const page = await lab.newPage();
  const terminal = await openTerminal(page, 5);
  page.type(terminal, 'head -c 2000000 /dev/zero | tr "\\\\0" x; echo; echo done-$((1 + 1))\r');
  await page.shows(terminal, 'done-2');
  page.drop();
  const late = await lab.newPage();
  const { gone, offset } = await late.attach(terminal, 0);
  assert.ok(gone);
  assert.ok(offset > 1_000_000);
  await late.shows(terminal, 'done-2');
  late.drop();
});

test('F04 output that no page watches does not stop the shell', async () => {
  const page = await lab.newPage();
  const terminal = await openTerminal(page, 6);
  page.type(terminal, 'head -c 1500000 /dev/zero | tr "\\\\0" y; echo; echo away-$((1 + 1))\r');
  await page.shows(terminal, 'head -c');
  page.send({ type: 'detach', terminal });
  page.drop();
  const [host] = await lab.engine.client.hosts();
  await until('all was said', async () => {
    const terminals = await lab.engine.client.terminals(host?.name ?? '');
    return terminals.some(({ id, offset }) => id === terminal && offset >= 1_500_000);
  });
  const back = await lab.newPage();
  const { live } = await back.attach(terminal, 0);
  // The engine keeps some, which we need not have read yet.
  assert.ok(live >= 1_000_000, `${live} bytes were read meanwhile`);
  await back.shows(terminal, 'away-2');
  back.drop();
});
