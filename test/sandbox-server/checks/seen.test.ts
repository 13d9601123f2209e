// What a host's events tell that is not there to be asked for afterwards.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { afterEvent, nothingSeen } from '../../../sandbox-server/checks/seen.ts';

const event = (Action: string, attributes: Record<string, string> = {}) => ({
  Type: 'container',
  Action,
  time: 0,
  timeNano: 0,
  Actor: { ID: 'x', Attributes: { name: 'web', image: 'nginx', ...attributes } },
});

test('docker exec is known by its start and its end, and nothing else of a container makes one', () => {
  const started = afterEvent(nothingSeen, event('exec_start: ls -l', { execID: '1' }), new Set());
  assert.deepEqual(started.execs, []);
  assert.deepEqual(afterEvent(started, event('exec_die', { execID: '2', exitCode: '0' }), new Set()).execs, []);
  const done = afterEvent(started, event('exec_die', { execID: '1', exitCode: '0' }), new Set());
  assert.deepEqual(done.execs, [{ container: 'web', command: 'ls -l', exitCode: 0 }]);
  assert.equal(done.running.size, 0);
});

test('what Docker was told to end is told from what ended without it, by each run of a container', () => {
  const after = (...events: ReturnType<typeof event>[]) =>
    events.reduce((seen, each) => afterEvent(seen, each, new Set()), nothingSeen);
  const kill = event('kill', { signal: '9' });
  const die = event('die', { exitCode: '137' });
  const byDocker = (...events: ReturnType<typeof event>[]) => after(...events).ended.map((each) => each.byDocker);
  assert.deepEqual(byDocker(kill, die), [true]);
  assert.deepEqual(byDocker(die), [false]);
  assert.deepEqual(byDocker(kill, die, event('start'), die), [true, false]);
  assert.equal(after(kill, die, event('destroy')).signals.size, 0, 'what is gone is forgotten');
});

test('a container that has ended is known with the tasks that were done by then', () => {
  const done = new Set(['in']);
  const { ended } = afterEvent(nothingSeen, event('die', { exitCode: '0' }), done);
  done.add('later');
  assert.deepEqual(ended[0]?.doneTasks, new Set(['in']));
});

test('a container that was removed is known with the tasks that were done by then', () => {
  const { removed } = afterEvent(nothingSeen, event('destroy'), new Set(['restart']));
  assert.deepEqual(removed, [{ kind: 'container', name: 'web', doneTasks: new Set(['restart']) }]);
});

test('so are volumes and networks, by their names', () => {
  const volume = { ...event('destroy', { driver: 'local' }), Type: 'volume' };
  const network = { ...event('destroy', { name: 'back', type: 'bridge' }), Type: 'network' };
  const seen = [volume, network, { ...volume, Action: 'mount' }].reduce(
    (before, each) => afterEvent(before, each, new Set()),
    nothingSeen,
  );
  assert.deepEqual(
    seen.removed.map(({ kind, name }) => [kind, name]),
    [
      ['volume', 'x'],
      ['network', 'back'],
    ],
  );
});

test('a container that the kernel ended for want of memory is told from one that was killed, by each run of it', () => {
  const [oom, die, start] = [event('oom'), event('die', { exitCode: '137' }), event('start')];
  const after = (...events: ReturnType<typeof event>[]) =>
    events.reduce((seen, each) => afterEvent(seen, each, new Set()), nothingSeen);
  assert.deepEqual(
    after(oom, die, start, die).ended.map(({ oomKilled }) => oomKilled),
    [true, false],
  );
  assert.equal(after(oom, die, event('destroy')).outOfMemory.size, 0, 'what is gone is forgotten');
});
