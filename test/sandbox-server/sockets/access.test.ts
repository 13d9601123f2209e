// Every message of a page times every identity: who gets what. The types refuse a message without an entry.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { closeCodes, type PageMessage, protocolVersion } from '../../../sandbox-server/protocol.ts';
import type { TestPage } from '../page.ts';
import { startTestServer } from '../server.ts';

const server = await startTestServer({ capacity: 100 });
afterAll(() => server[Symbol.asyncDispose]());
const [a, b, expired] = [await server.open(), await server.open(), await server.open()];
await server.ask('DELETE', `/api/sessions/${expired.session}`, { cookie: expired.cookie });

type Type = PageMessage['type'];
/** Without an engine the lab never gets ready: `refused` says that it was its owner's to ask for. */
type Outcome = 'refused' | 'answered' | 'nothing' | 'closed';

const entries: { readonly [T in Type]: readonly [Extract<PageMessage, { type: T }>, ofOwner: Outcome] } = {
  hello: [{ type: 'hello', protocol: protocolVersion, ticket: 'another' }, 'closed'],
  open: [{ type: 'open', request: 1, rows: 24, columns: 80 }, 'refused'],
  attach: [{ type: 'attach', terminal: 't1', from: 0, rows: 24, columns: 80 }, 'nothing'],
  detach: [{ type: 'detach', terminal: 't1' }, 'nothing'],
  input: [{ type: 'input', terminal: 't1', data: 'x' }, 'refused'],
  ack: [{ type: 'ack', terminal: 't1', offset: 0 }, 'nothing'],
  resize: [{ type: 'resize', terminal: 't1', rows: 24, columns: 80 }, 'refused'],
  rename: [{ type: 'rename', terminal: 't1', title: 'x' }, 'refused'],
  close: [{ type: 'close', terminal: 't1' }, 'refused'],
  reset: [{ type: 'reset', to: 'start' }, 'refused'],
  keep: [{ type: 'keep', title: 'x' }, 'refused'],
  dropKept: [{ type: 'dropKept', id: 'kept-1' }, 'refused'],
  watchFiles: [{ type: 'watchFiles', host: 'docker-host', on: true }, 'nothing'],
  ping: [{ type: 'ping' }, 'answered'],
};

/** What comes of a message on a page that was let in. */
async function outcomeOf(page: TestPage, message: PageMessage): Promise<Outcome> {
  const before = page.heard.length;
  page.send(message);
  // Two exchanges later whatever comes of it has come.
  for (let exchange = 0; exchange < 2; exchange += 1) {
    const next = page.hearsNext('pong').then(() => false);
    page.send({ type: 'ping' });
    if (await Promise.race([next, page.closed.then(() => true)])) {
      next.catch(() => undefined);
      return 'closed';
    }
  }
  const heard = page.heard.slice(before);
  if (heard.some((each) => each.type === 'refused' && each.of === message.type)) return 'refused';
  // Its own, and the two that were asked for.
  return heard.filter(({ type }) => type === 'pong').length > 2 ? 'answered' : 'nothing';
}

for (const [message, ofOwner] of Object.values(entries)) {
  test(`F10 the message ${message.type} does for each identity what the matrix says`, async () => {
    assert.equal(await server.connect('').refused, 403, 'anonymous');
    assert.equal(await server.connect(`drydock=${'A'.repeat(43)}`).refused, 403, 'a forged cookie');

    const unnamed = server.connect(a.cookie);
    await unnamed.opened;
    unnamed.send(message);
    const isHello = message.type === 'hello';
    assert.equal(await unnamed.closed, isHello ? closeCodes.ticket : closeCodes.policy, 'learner A without a ticket');
    assert.deepEqual(unnamed.heard, []);

    for (const [who, cookie, ticket] of [
      ['learner B with a ticket of A’s', b.cookie, (await server.ticket(a)).ticket],
      ['a learner whose session ended', expired.cookie, expired.ticket],
    ] as const) {
      const page = server.connect(cookie);
      await page.opened;
      page.send({ type: 'hello', protocol: protocolVersion, ticket });
      page.send(message);
      assert.equal(await page.closed, closeCodes.ticket, who);
      assert.deepEqual(page.heard, [], who);
    }

    const page = await server.enter(await server.ticket(a));
    await page.hears('resetPoints');
    assert.equal(await outcomeOf(page, message), ofOwner, 'learner A');
    page.drop();
    await page.closed;
  });
}
