// The corpus itself: its files can be read and written again, and what is recorded in them is whole.

import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { expected, readCorpus, recorded } from './corpus.ts';
import { Normaliser } from './normalise.ts';
import { stepsIn } from './steps.ts';
import { readCases, withAnswers } from './transcript.ts';

const corpus = readCorpus();
const cases = corpus.flatMap((file) => file.cases);

test('there are at least 300 cases, each of its own name in its file', () => {
  assert.ok(cases.length >= 300, `${cases.length} cases`);
  for (const file of corpus) assert.equal(new Set(file.cases.map(({ title }) => title)).size, file.cases.length);
});

test('a file is written as it was read', () => {
  for (const { text, cases: own } of corpus)
    assert.equal(
      withAnswers(
        text,
        own.flatMap(({ commands }) => commands),
      ),
      text,
    );
});

test('the clients of the workspace are asked the same as current ones', () => {
  const asked = (name: string) =>
    readCorpus([name]).flatMap(({ cases: own }) =>
      own.map(({ title, files, masks, commands }) => ({
        title,
        files,
        masks: masks.map(({ pattern }) => pattern.source),
        commands: commands.map(({ kind, text }) => ({ kind, text })),
      })),
    );
  const ofWorkspace = corpus.filter(({ clients }) => clients === 'workspace').map(({ name }) => name);
  assert.notDeepEqual(ofWorkspace, []);
  for (const name of ofWorkspace) assert.deepEqual(asked(name), asked(name.replace(/-workspace$/, '')), name);
});

test('the progress of a build has each step with what it tells, in one order', () => {
  const steps = ['#2 [a 1/2] RUN x', '#1 [internal] load y', '#2 0.100 said', '#1 transferring y: 3B 0.1s done'];
  const ends = ['#2 ...', '#1 DONE 0.1s', '', '#2 DONE 12.3s', 'ERROR: why'];
  const expected = '[a 1/2] RUN x\n  said\n  DONE <time>\n[internal] load y\n  transferring y: 3B\n  DONE <time>\n';
  assert.equal(stepsIn([...steps, ...ends].join('\n')), `${expected}ERROR: why\n`);
});

describe('a case', () => {
  test('compares something', () => {
    for (const { title, commands } of cases)
      assert.ok(
        commands.some(({ kind }) => kind !== 'set-up'),
        title,
      );
  });

  test('says why it differs where it does, and has what ours answers', () => {
    for (const each of cases) assert.equal(each.differs !== null, expected(each) !== recorded(each), each.title);
  });

  test('is refused with its line where it cannot be read', () => {
    assert.throws(() => readCases('== one\n\nwhat is this'), /^Error: line 3: .*: what is this$/);
    assert.throws(() => readCases('$ docker ps'), /line 1: a case begins with/);
    assert.throws(() => readCases('== one\nmask: x NAME'), /line 2: a mask is written/);
  });

  test('holds a file, commands of several lines, and both answers', () => {
    const [each] = readCases(
      '== one\ndiffers: so\nfile a/b\n    x\n      y\n$ docker ps\n> -a\n| theirs\n= 1\n~\n+ true',
    );
    assert.deepEqual(each?.files, [{ name: 'a/b', text: 'x\n  y\n' }]);
    assert.deepEqual(each?.commands[0], {
      ...{ kind: 'compared', text: 'docker ps\n-a', answer: ['| theirs', '= 1'], ours: [] },
    });
    assert.equal(each && recorded(each), '$ docker ps\n> -a\n| theirs\n= 1\n+ true');
    assert.equal(each && expected(each), '$ docker ps\n> -a\n+ true');
  });
});

describe('what is no two times the same', () => {
  test('has one name for a thing, whole or short, within a case', () => {
    const normaliser = new Normaliser([{ pattern: /v\d+/g, name: 'V' }]);
    const id = '0123456789ab';
    assert.deepEqual(normaliser.lines('|', `${id} of ${id.padEnd(64, 'c')}, v17\nffffffffffff`), [
      ...['| <id1> of <ID1>, <V>', '| <id2>'],
    ]);
    assert.deepEqual(normaliser.lines('!', `${id}\r\n`), ['! <id1>\\r']);
  });

  test('is a time, a while, a port of the kernel’s choice', () => {
    const lines = new Normaliser([]).lines('|', '2026-11-29T11:54:14.1Z Up 3 minutes 0.0.0.0:32768->80/tcp, :8080');
    assert.deepEqual(lines, ['| <time> Up <while> 0.0.0.0:<port>->80/tcp, :8080']);
    assert.deepEqual(new Normaliser([]).lines('|', '0001-01-01T00:00:00Z'), ['| 0001-01-01T00:00:00Z']);
  });
});
