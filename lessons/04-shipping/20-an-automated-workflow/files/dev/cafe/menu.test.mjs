import assert from 'node:assert/strict';
import { test } from 'node:test';
import { menu } from './menu.mjs';

for (const { dish, price } of menu)
  test(`${dish} costs something`, () => {
    assert.ok(price > 0, `the price of ${dish} is ${price}`);
  });
