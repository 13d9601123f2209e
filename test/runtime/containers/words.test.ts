// Docker's words and rules for small things: durations, states, names, signals, keys, patterns, filters, times.

import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import type { ContainerState, Status } from '../../../runtime/containers/container-record.ts';
import { checkContainerName } from '../../../runtime/containers/create-checks.ts';
import { DetachWatch, parseDetachKeys } from '../../../runtime/containers/detach-keys.ts';
import { humanDuration } from '../../../runtime/containers/duration.ts';
import { matchLabels, parseFilters } from '../../../runtime/containers/filters.ts';
import { generateName } from '../../../runtime/containers/names.ts';
import { parsePsArguments } from '../../../runtime/containers/ps-columns.ts';
import { signalNumber, stopSignalOf } from '../../../runtime/containers/signals.ts';
import { statusInWords } from '../../../runtime/containers/status.ts';
import { formatNanoseconds, parseMoment, parseRfc3339, untilMs } from '../../../runtime/containers/timestamps.ts';
import { namePattern } from '../../../runtime/patterns/pattern.ts';
import { WorkBudget } from '../../../runtime/work-budget.ts';

describe('durations', () => {
  const table: [number, string][] = [
    [0, 'Less than a second'],
    [999, 'Less than a second'],
    [1000, '1 second'],
    [59_999, '59 seconds'],
    [60_000, 'About a minute'],
    [119_000, 'About a minute'],
    [120_000, '2 minutes'],
    [59 * 60_000, '59 minutes'],
    [60 * 60_000, 'About an hour'],
    [89 * 60_000, 'About an hour'],
    [90 * 60_000, '2 hours'],
    [47 * 3_600_000, '47 hours'],
    [48 * 3_600_000, '2 days'],
    [13 * 86_400_000, '13 days'],
    [14 * 86_400_000, '2 weeks'],
    [60 * 86_400_000, '2 months'],
    [729 * 86_400_000, '24 months'],
    [730 * 86_400_000, '2 years'],
  ];
  for (const [milliseconds, words] of table)
    test(`${milliseconds} ms is ${words}`, () => assert.equal(humanDuration(milliseconds), words));
});

describe('states', () => {
  const never = '0001-01-01T00:00:00Z';
  const now = Date.parse('2026-11-21T12:00:00Z');
  const state = (status: Status, change: Partial<ContainerState> = {}): ContainerState => ({
    ...{ status, pid: 0, machinePid: 0, startTicks: 0, exitCode: 0, oomKilled: false },
    ...{ interrupted: false, manualEnd: 'none', health: null, error: '', startedAt: never, finishedAt: never },
    ...change,
  });
  const table: [ContainerState, string][] = [
    [state('created'), 'Created'],
    [state('running', { startedAt: '2026-11-21T11:59:57Z' }), 'Up 3 seconds'],
    [state('paused', { startedAt: '2026-11-21T11:55:00Z' }), 'Up 5 minutes (Paused)'],
    [
      state('exited', { exitCode: 137, startedAt: '2026-11-21T11:00:00Z', finishedAt: '2026-11-21T11:58:00Z' }),
      'Exited (137) 2 minutes ago',
    ],
    [
      state('running', {
        startedAt: '2026-11-21T11:59:57Z',
        health: { Status: 'starting', FailingStreak: 0, Log: [] },
      }),
      'Up 3 seconds (health: starting)',
    ],
    [
      state('running', {
        startedAt: '2026-11-21T11:59:57Z',
        health: { Status: 'unhealthy', FailingStreak: 3, Log: [] },
      }),
      'Up 3 seconds (unhealthy)',
    ],
    [state('restarting', { exitCode: 3, finishedAt: '2026-11-21T11:59:58Z' }), 'Restarting (3) 2 seconds ago'],
    [state('dead'), 'Dead'],
    [state('removing'), 'Removal In Progress'],
  ];
  for (const [given, words] of table) test(words, () => assert.equal(statusInWords(given, now), words));
});

describe('names', () => {
  test('generates names that Docker takes, and not one that is taken', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 500; i++) {
      const name = generateName((taken) => seen.has(taken));
      assert.match(name, /^[a-z]+_[a-z]+\d*$/);
      assert.ok(!seen.has(name));
      seen.add(checkContainerName(name));
    }
  });

  for (const name of ['../x', 'a/b', 'x', '-rm', '--root', '.hidden', 'nul\0', 'ünicode', 'a b', 'a'.repeat(256)])
    test(`refuses the name ${JSON.stringify(name)}`, () => {
      assert.throws(() => checkContainerName(name), { kind: 'invalid', message: /^Invalid container name/ });
    });

  test('takes the slash of old clients', () => assert.equal(checkContainerName('/web'), 'web'));
});

describe('signals', () => {
  for (const [text, number] of [
    ['KILL', 9],
    ['SIGKILL', 9],
    ['sighup', 1],
    ['15', 15],
    ['RTMIN', 34],
    ['RTMIN+3', 37],
    ['SIGRTMAX-1', 63],
  ] as const)
    test(`${text} is ${number}`, () => assert.equal(signalNumber(text), number));
  for (const text of ['', '0', 'NOPE', 'RTMIN+99', 'SIG9', '9 '])
    test(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => signalNumber(text), { message: `invalid signal: ${text}` }));
  for (const text of ['65', '-9'])
    test(`refuses ${text}`, () =>
      assert.throws(() => signalNumber(text), { message: `the linux daemon does not support signal ${text}` }));

  test('an image that names none that there is ends on SIGTERM', () => {
    const table: [string | undefined, number][] = [
      ['SIGINT', 2],
      ['SIGNOPE', 15],
      ['x'.repeat(1000), 15],
      ['', 15],
      [undefined, 15],
    ];
    for (const [StopSignal, number] of table)
      assert.equal(stopSignalOf(StopSignal === undefined ? {} : { StopSignal }), number);
  });
});

describe('detach keys', () => {
  test('are ctrl-p,ctrl-q by default', () => assert.deepEqual(parseDetachKeys(''), [16, 17]));
  test('may be others', () => assert.deepEqual(parseDetachKeys('a,ctrl-@,ctrl-['), [97, 0, 27]));
  test('are refused where no key is meant', () =>
    assert.throws(() => parseDetachKeys('ctrl-'), { message: 'Invalid detach keys (ctrl-) provided' }));

  function typed(...portions: string[]): string {
    const watch = new DetachWatch(parseDetachKeys(''));
    let passed = '';
    for (const portion of portions) {
      const { pass, detached } = watch.push(Buffer.from(portion));
      passed += pass.toString();
      if (detached) return `${passed}|detached`;
    }
    return passed;
  }
  test('are noticed in one piece and in two', () => {
    assert.equal(typed('ls\x10\x11more'), 'ls|detached');
    assert.equal(typed('ls\x10', '\x11'), 'ls|detached');
    assert.equal(typed('\x10\x10\x11'), '\x10|detached');
  });
  test('are passed on where they are not complete', () => {
    assert.equal(typed('a\x10', 'b'), 'a\x10b');
    assert.equal(typed('a\x11b'), 'a\x11b');
  });
});

describe('name patterns', () => {
  const table: [string, string, boolean][] = [
    ['web', 'my-web-1', true],
    ['^web', 'my-web', false],
    ['^web$', 'web', true],
    ['^/web$', '/web', true],
    ['web$', 'web2', false],
    ['^w.b$', 'wub', true],
    ['^w.*1$', 'web-1', true],
    ['^[a-c]+$', 'abcab', true],
    ['^[^a-c]$', 'b', false],
    ['a|b', 'xbx', true],
    ['^a?b+$', 'bbb', true],
    ['a\\.b', 'axb', false],
    ['', 'anything', true],
    ['^(web|db)-\\d+$', 'db-12', true],
    ['^(web|db)-\\d+$', 'db-x', false],
    ['^(?:a+)+$', 'aaab', false],
    ['(?i)^WEB$', 'web', true],
    ['a{2,3}$', 'ba', false],
    ['^a{2,3}$', 'aaa', true],
    ['^a{2}$', 'aaa', false],
    ['^a{,2}$', 'a{,2}', true],
    ['^[[:alpha:]_]+$', 'ab_c', true],
    ['^[^[:digit:]]+$', 'ab1', false],
    ['^[]a]+$', ']a', true],
    ['\\bweb\\b', 'my-web-1', true],
    ['\\bweb\\b', 'myweb', false],
    ['^(|a)b$', 'b', true],
    ['^(a|b|cd)*?$', 'abcdcd', true],
    ['^\\x61\\x{62}\\Qa.b\\E$', 'aba.b', true],
  ];
  for (const [pattern, text, expected] of table)
    test(`${pattern} ${expected ? 'finds' : 'does not find'} ${text}`, () =>
      assert.equal(namePattern(pattern, new WorkBudget())(text), expected));

  test('are paid for, and refused where they would take too long', () => {
    const budget = new WorkBudget();
    const find = namePattern(`^${'a*'.repeat(100)}b$`, budget);
    assert.equal(find('a'.repeat(63)), false);
    const many = () => {
      for (let i = 0; i < 10_000; i++) find('a'.repeat(63));
    };
    assert.throws(many, { kind: 'invalid', message: /300000 steps/ });
  });
  for (const pattern of ['(a', 'a)', '[a', '*a', 'a**', 'a{2,1}', 'a{1001}', '\\p{Greek}', '[z-a]', '(?<!a)b', '\\'])
    test(`${pattern} is none`, () =>
      assert.throws(() => namePattern(pattern, new WorkBudget()), {
        kind: 'invalid',
        message: /no regular expression/,
      }));
  test('that write out to too much are refused', () =>
    assert.throws(() => namePattern('((a{100}){100}){100}', new WorkBudget()), { kind: 'invalid', message: /4096/ }));
});

describe('filters', () => {
  test('come in two forms', () => {
    const expected = new Map([['status', ['running', 'exited']]]);
    assert.deepEqual(parseFilters('{"status":["running","exited"]}'), expected);
    assert.deepEqual(parseFilters('{"status":{"running":true,"exited":true}}'), expected);
    assert.deepEqual(parseFilters(''), new Map());
  });
  for (const text of ['nope', '[]', '{"a":1}', '{"a":["b",1]}', '"x"'])
    test(`refuses ${text}`, () => assert.throws(() => parseFilters(text), { kind: 'invalid' }));
  test('with unknown keys are refused', () =>
    assert.throws(() => parseFilters('{"nope":["x"]}', ['name']), { message: "invalid filter 'nope'" }));
  test('of labels want each key, or key and value', () => {
    const labels = { a: '1', b: 'x=y' };
    assert.ok(matchLabels(['a', 'b=x=y'], labels));
    assert.ok(!matchLabels(['a=2'], labels));
    assert.ok(!matchLabels(['toString'], labels));
    assert.ok(matchLabels(undefined, labels));
  });
});

describe('moments', () => {
  test('are UNIX or RFC 3339, to the nanosecond', () => {
    assert.equal(parseMoment('since', '1795294658'), 1795294658_000000000n);
    assert.equal(parseMoment('since', '1795294658.000000007'), 1795294658_000000007n);
    assert.equal(parseMoment('since', '1.5'), 1_500000000n);
    assert.equal(parseMoment('since', '1970-01-01T00:00:01.5Z'), 1_500000000n);
    assert.equal(parseMoment('since', '1970-01-01T01:00:01.5+01:00'), 1_500000000n);
    assert.equal(parseMoment('since', '0'), null);
    assert.throws(() => parseMoment('since', 'yesterday'), { kind: 'invalid' });
  });
  // As a dockerd takes them.
  test('of `until` are days, times of day, UNIX times, or durations before now', () => {
    for (const text of [
      ...[
        '2001-01-01',
        '2001-01-01T00',
        '2001-01-01T00:00',
        '2001-01-01T00:00:00',
        '2001-01-01T00:00:00.5',
        '2001-01-01Z',
      ],
      ...['2001-01-01T02:00+02:00', '2000-12-31T22:00-02:00', '978307200', '978307200.5'],
    ])
      assert.equal(Math.floor(untilMs(text) / 1000), 978307200, text);
    const durations = { '1h': 3600, '1h30m': 5400, '1.5h': 5400, '-5m': -300, '10ms10us': 0.01, '0s': 0 };
    for (const [text, seconds] of Object.entries(durations)) {
      const beforeMs = Date.now();
      const nowMs = untilMs(text) + seconds * 1000;
      assert.ok(nowMs >= beforeMs - 1 && nowMs <= Date.now() + 1, `${text}: ${nowMs - beforeMs} ms from then`);
    }
    for (const text of [
      '',
      'x',
      '1d',
      '1.',
      '.5',
      '1s ',
      '99999999999h',
      '1e3',
      '-1',
      '2001-13-01',
      '2001-01-01T25',
      '2001-1-1',
    ])
      assert.throws(
        () => untilMs(text),
        { kind: 'invalid', message: /^failed to parse value as time or duration: / },
        text,
      );
  });
  test('are written with nine digits, in UTC', () => {
    const moment = parseRfc3339('2026-11-21T21:57:38.530665935+01:00');
    assert.equal(formatNanoseconds(moment ?? 0n), '2026-11-21T20:57:38.530665935Z');
  });
});

describe('ps arguments', () => {
  const table: [string, string][] = [
    ['', 'uidname pid ppid c stime tty time cmd'],
    ['-ef', 'uidname pid ppid c stime tty time cmd'],
    ['aux', 'user pid pcpu pmem vsz rss tty stat start shorttime args'],
    ['-o pid,comm', 'pid comm'],
    ['-eo pid,%cpu,args', 'pid pcpu args'],
    ['-o pid -o user', 'pid user'],
    ['-e', 'pid tty time cmd'],
  ];
  for (const [text, columns] of table)
    test(text || 'none', () => assert.deepEqual(parsePsArguments(text), columns.split(' ')));
  test('without a PID are refused as Docker does', () =>
    assert.throws(() => parsePsArguments('-o comm'), { message: "Couldn't find PID field in ps output" }));
  test('that are no ps arguments are refused', () =>
    assert.throws(() => parsePsArguments('-ef; id'), { kind: 'invalid' }));
});
