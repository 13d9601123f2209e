// What clients that build may make the engine keep of messages that are not whole.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { MessageRoom } from '../../../runtime/build/grpc/frames.ts';
import { maxBuildMessagesBytes } from '../../../runtime/limits.ts';

test('no more than there is room for is taken, and what is given back is there again', () => {
  const room = new MessageRoom();
  room.take(maxBuildMessagesBytes - 1);
  room.take(1);
  assert.throws(() => room.take(1), { code: 8, message: /too much at once/ });
  room.give(10);
  room.take(10);
  assert.throws(() => room.take(1), { code: 8 });
});
