// Waiting for a fact, for as long as a busy machine may take.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

const patienceMs = 20_000;
const lookEveryMs = 20;

/** Resolves once `fact` holds; fails, naming it, where it does not in 20 s. */
export async function until(what: string, fact: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await fact())) {
    if (performance.now() > deadline) assert.fail(`waited ${patienceMs} ms until ${what}`);
    await delay(lookEveryMs);
  }
}
