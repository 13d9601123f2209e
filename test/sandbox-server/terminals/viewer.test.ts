// One page's view of a terminal: resume by offset, acknowledgements, what it gets when it fell too far behind.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { Recording } from '../../../runtime/recording.ts';
import { pauseAboveBytes, resumeBelowBytes } from '../../../sandbox-server/protocol.ts';
import { Flow } from '../../../sandbox-server/terminals/flow.ts';
import { Modes } from '../../../sandbox-server/terminals/modes.ts';
import { Viewer } from '../../../sandbox-server/terminals/viewer.ts';

function watch(recording: Recording, from: number) {
  const views: { offset: number; gone: boolean; live: number }[] = [];
  const parts: Uint8Array[] = [];
  const target = {
    attached: (view: { offset: number; gone: boolean; live: number }) => void views.push(view),
    output: (bytes: Uint8Array) => void parts.push(bytes),
  };
  const viewer = new Viewer(recording, target, from);
  viewer.pump();
  return { viewer, views, output: () => Buffer.concat(parts) };
}

const noise = (length: number) => Uint8Array.from({ length }, (_, place) => (place * 7919) % 251);

test('a viewer that comes back gets exactly what it missed, wherever the connection broke', () => {
  const recording = new Recording(0, 256 * 1024);
  const all = noise(3_000);
  recording.append(all);
  for (let from = 0; from <= 3_000; from += 97) {
    const { views, output } = watch(recording, from);
    assert.deepEqual(views, [{ offset: from, gone: false, live: 3_000 }]);
    assert.deepEqual(output(), Buffer.from(all.subarray(from)));
  }
});

test('a viewer gets no more than the flow limit unacknowledged, and goes on when it acknowledges', () => {
  const recording = new Recording(0, 256 * 1024);
  const all = noise(pauseAboveBytes + 50_000);
  recording.append(all);
  const { viewer, output } = watch(recording, 0);
  assert.equal(output().length, pauseAboveBytes);
  assert.equal(viewer.behind, all.length);
  viewer.acknowledge(60_000);
  viewer.pump();
  assert.deepEqual(output(), Buffer.from(all));
  viewer.acknowledge(all.length + 1);
  assert.equal(viewer.behind, all.length - 60_000, 'what was never sent cannot be acknowledged');
  viewer.acknowledge(all.length);
  assert.equal(viewer.behind, 0);
});

test('a viewer is told when older output is gone, at the beginning and later', () => {
  const recording = new Recording(0, 200_000);
  recording.append(noise(400_000));
  const { viewer, views, output } = watch(recording, 5);
  assert.deepEqual(views, [{ offset: 200_000, gone: true, live: 400_000 }]);
  recording.append(noise(400_000));
  viewer.pump();
  assert.equal(views.length, 2);
  assert.deepEqual(views[1], { offset: 600_000, gone: true, live: 600_000 });
  assert.equal(output().length, 2 * pauseAboveBytes);
});

test('a viewer that counts more than there is starts over', () => {
  const recording = new Recording(0, 256 * 1024);
  recording.append(noise(10));
  assert.deepEqual(watch(recording, 11).views, [{ offset: 0, gone: true, live: 10 }]);
});

test('a shell is held above the high mark until the page is below the low mark', () => {
  const flow = new Flow(() => 0);
  assert.equal(flow.decide(1, [pauseAboveBytes]), 'go');
  assert.equal(flow.decide(1, [pauseAboveBytes + 1]), 'hold');
  assert.equal(flow.decide(0, [resumeBelowBytes]), 'hold');
  assert.equal(flow.decide(0, [resumeBelowBytes - 1]), 'go');
  assert.equal(flow.decide(1, [1_000_000, 10]), 'go', 'one page that keeps up is enough');
});

test('a shell that nobody watches goes on at a bounded rate', () => {
  let now = 0;
  let read = 0;
  const flow = new Flow(() => now);
  while (now < 10_000) {
    const decision = flow.decide(64 * 1024, []);
    read += 64 * 1024;
    if (typeof decision === 'number') now += decision;
    assert.notEqual(decision, 'hold');
  }
  assert.ok(read >= 5 * 1024 * 1024 && read <= 12 * 1024 * 1024, `${read} bytes in 10 s`);
});

test('a viewer that comes too late begins between two lines, with what the program had switched on', () => {
  const recording = new Recording(0, 64 * 1024);
  const modes = new Modes();
  const say = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    recording.append(bytes);
    modes.push(bytes);
  };
  say('$ vim\r\n\x1b[?1049h\x1b[?2004h\x1b[?1000h');
  for (let line = 0; line < 20_000; line += 1) say(`\x1b[32mline ${line} 日本語\x1b[0m\r\n`);
  const views: { offset: number; gone: boolean; restore?: string; live: number }[] = [];
  const parts: Uint8Array[] = [];
  new Viewer(
    recording,
    { attached: (view) => views.push(view), output: (bytes) => parts.push(bytes) },
    0,
    modes,
  ).pump();
  assert.equal(views.length, 1);
  assert.equal(views[0]?.gone, true);
  assert.equal(views[0]?.restore, '\x1b[?1049h\x1b[?1000h\x1b[?2004h');
  assert.ok((views[0]?.offset ?? 0) - recording.start < 9_000, 'not much more is lost than has to be');
  assert.ok(Buffer.concat(parts).toString().startsWith('\x1b[32mline '));
});
