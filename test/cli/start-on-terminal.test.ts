// `npm start` as a person sees it, on a terminal: what is being done is drawn over, and what was done stays.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { runDrydock } from '../support/command.ts';
import { settingsFor } from '../support/drydock.ts';
import { freePort, makeInstance } from '../support/instance.ts';
import { RealTerminal } from '../support/real-terminal.ts';

const columns = 60;
/** The site is built where it has changed. */
const readyMs = 240_000;
/** To the start of as many lines above, and erase what is below: all that progress does to a terminal. */
const drawsOver = '\u001b\\[(\\d+)A\u001b\\[J';

/** The lines that are left after all that was drawn over. */
function linesLeft(said: string): readonly string[] {
  const lines = [''];
  for (const [piece, up] of said.matchAll(new RegExp(`${drawsOver}|\\r\\n|[^\\u001b\\r]+`, 'g'))) {
    if (up !== undefined) lines.splice(lines.length - 1 - Number(up), lines.length, '');
    else if (piece === '\r\n') lines.push('');
    else lines[lines.length - 1] += piece;
  }
  return lines.filter((line) => line !== '');
}

test('npm start draws over what it shows of a step, and says what is ready; Ctrl-C ends it', async () => {
  // Without a store of images, so that there is something to wait for.
  await using instance = await makeInstance();
  const port = await freePort();
  // npm turns a wheel of its own on the terminal where it takes longer than 200 ms; what Drydock draws is looked at here.
  const env = { ...settingsFor(instance, port), npm_config_progress: 'false' };
  using terminal = new RealTerminal('npm', ['start'], { columns, env });
  try {
    await terminal.says(new RegExp(`Drydock is ready at http://localhost:${port}\r\n`), readyMs);
    const { said } = terminal;
    assert.match(said, /… Starting the engine.*\r\n/);
    assert.match(said, new RegExp(drawsOver), 'a line was drawn over');
    assert.ok(
      !said.replaceAll(new RegExp(drawsOver, 'g'), '').includes('\u001b'),
      'nothing else is done to the terminal',
    );
    const left = linesLeft(said);
    assert.ok(
      left.some((line) => /^ {2}✓ Starting the engine/.test(line)),
      left.join('\n'),
    );
    assert.ok(!left.some((line) => line.includes('…')), left.join('\n'));
    const live = said.match(/ {2}….*/g) ?? [];
    assert.ok(
      live.every((line) => line.trimEnd().length < columns),
      live.join('\n'),
    );
    terminal.type('\x03');
    await terminal.ended;
    const { stderr } = await runDrydock(env, 'status');
    assert.match(stderr, /Drydock does not run here/);
  } finally {
    await runDrydock(env, 'down');
  }
});
