// Tickets: one use, thirty seconds, one student.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { maxTickets, ticketLifetimeMs } from '../../../sandbox-server/limits.ts';
import { Tickets } from '../../../sandbox-server/students/tickets.ts';

test('F01 a ticket works once, for its student, for thirty seconds', () => {
  let now = 0;
  const tickets = new Tickets(() => now);
  const ticket = tickets.give(1, 'session');
  assert.match(ticket, /^[A-Za-z0-9_-]{32}$/);
  assert.equal(tickets.use(ticket, 1), 'session');
  assert.equal(tickets.use(ticket, 1), null, 'used');
  assert.equal(tickets.use(tickets.give(1, 'session'), 2), null, "another student's");
  const late = tickets.give(1, 'session');
  now += ticketLifetimeMs;
  assert.equal(tickets.use(late, 1), null, 'too old');
});

test('tickets that nobody uses are bounded', () => {
  const tickets = new Tickets(() => 0);
  const first = tickets.give(1, 'session');
  for (let count = 0; count < maxTickets; count += 1) tickets.give(1, 'session');
  assert.equal(tickets.use(first, 1), null);
});
