// DNS messages: what comes from a container is anything.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'vitest';
import {
  addressInPointer,
  addressRecord,
  answerTo,
  codes,
  parseQuery,
  pointerRecord,
  types,
} from '../../../runtime/networks/dns/message.ts';

/** A query as resolvers send it; `more` is what stands behind the question. */
function queryFor(name: string, type: number, more = Buffer.alloc(0)): Buffer {
  const header = Buffer.from([0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, more.length > 0 ? 1 : 0]);
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.concat([header, Buffer.from([...labels, 0, 0, type, 0, 1]), more]);
}

describe('a query', () => {
  test('is read with its name in lower case, and with how much its client takes', () => {
    const query = parseQuery(queryFor('Web.Backend', types.A));
    assert.partialDeepStrictEqual(query, {
      id: 0x1234,
      name: 'web.backend',
      type: types.A,
      isInternet: true,
      maxBytes: 512,
    });
    const option = (bytes: number) => Buffer.from([0, 0, 41, bytes >> 8, bytes & 255, 0, 0, 0, 0, 0, 0]);
    for (const [asked, believed] of [
      [1232, 1232],
      [65_535, 4096],
      [1, 512],
    ] as const)
      assert.equal(parseQuery(queryFor('a', types.A, option(asked)))?.maxBytes, believed);
  });

  test('E04: that is none is told from one, and nothing is thrown, whatever the bytes are', () => {
    const whole = queryFor('web.backend', types.AAAA);
    for (let length = 0; length < whole.length; length++) assert.equal(parseQuery(whole.subarray(0, length)), null);
    const changed = (at: number, value: number): Buffer => {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      return bytes;
    };
    assert.equal(parseQuery(changed(2, 0x81)), null, 'an answer');
    assert.equal(parseQuery(changed(5, 2)), null, 'two questions');
    assert.equal(parseQuery(changed(12, 0xc0)), null, 'a name that refers to another place, itself perhaps');
    assert.equal(parseQuery(queryFor(Array(5).fill('x'.repeat(63)).join('.'), types.A)), null, 'a name too long');
    assert.equal(parseQuery(queryFor('a', types.A))?.name, 'a');
    const dotted = Buffer.concat([whole.subarray(0, 12), Buffer.from([3, 0x61, 0x2e, 0x62, 0, 0, 1, 0, 1])]);
    assert.notEqual(parseQuery(dotted)?.name, 'a.b', 'a dot in a label is no boundary');
    for (let count = 0; count < 20_000; count++) {
      const bytes = randomBytes(Math.floor(Math.random() * 80));
      if (count % 2 === 0 && bytes.length > 12) whole.copy(bytes, 0, 0, 12);
      const query = parseQuery(bytes);
      if (query) answerTo(query, codes.ok, [], query.maxBytes);
    }
  });
});

describe('an answer', () => {
  test('has the question again and the records behind it', () => {
    const query = parseQuery(queryFor('web', types.A));
    assert.ok(query);
    const answer = answerTo(query, codes.ok, [addressRecord('172.18.0.2')], 512);
    assert.equal(
      answer.toString('hex'),
      '1234' + // the number of the query
        '8180' + // an answer, recursion wanted and to be had
        '0001000100000000' +
        '03776562000001000' + // web, A, IN
        '1c00c000100010000025800' + // the same name, A, IN, 600 s
        '04ac120002',
    );
  });

  test('is cut where the client does not take more, and says so', () => {
    const query = parseQuery(queryFor('many', types.A));
    assert.ok(query);
    const records = Array.from({ length: 50 }, (_, index) => addressRecord(`172.18.0.${index + 2}`));
    const cut = answerTo(query, codes.ok, records, 512);
    assert.ok(cut.length <= 512 && cut.length > 480);
    assert.equal(cut.readUInt16BE(2) & 0x0200, 0x0200);
    assert.equal(cut.readUInt16BE(6), 30);
    assert.equal(answerTo(query, codes.ok, records, 0xffff).readUInt16BE(6), 50);
  });

  test('tells the name of an address, unless DNS cannot', () => {
    assert.equal(addressInPointer('2.0.18.172.in-addr.arpa'), '172.18.0.2');
    for (const name of ['2.0.18.172', 'x.in-addr.arpa', '1.2.3.4.5.in-addr.arpa'])
      assert.equal(addressInPointer(name), null);
    assert.equal(pointerRecord('web.n1')?.subarray(12).toString('hex'), '03776562026e3100');
    assert.equal(pointerRecord(`${'x'.repeat(64)}.n1`), null);
    assert.equal(pointerRecord('a..b'), null);
  });
});
