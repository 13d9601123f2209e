// Where the solution of a task is typed when the student has it done for them.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { parseLab } from '../../lessons/schema.ts';
import { solutionOf } from '../../site/src/lab-file.ts';

const labWith = (hosts: string, solution: string) =>
  parseLab(
    `hosts: ${hosts}
terminals: [{ title: Virtual machine }]
tasks:
  - { id: web, expected: nginx is there., check: { image: { name: nginx } }, solution: ${solution} }`,
    'lab.yaml',
  );
const hostOf = (hosts: string, solution: string) => solutionOf(labWith(hosts, solution), 'web').host;

test('a solution that names no host is typed on the lab’s first one, whichever terminal is in front', () => {
  assert.equal(hostOf('[{ name: dev }, { name: prod }]', '{ run: [docker pull nginx] }'), 'dev');
});

test('a solution is typed where it says', () => {
  assert.equal(hostOf('[{ name: dev }, { name: prod }]', '{ host: prod, run: [docker pull nginx] }'), 'prod');
  const terminal = '{ terminal: Virtual machine, run: [docker pull nginx] }';
  assert.equal(hostOf('[{ name: dev }, { name: prod }]', terminal), undefined);
});

test('a lab with one host has its solutions in the terminal that is in use', () => {
  assert.equal(hostOf('[{ name: dev }]', '{ run: [docker pull nginx] }'), undefined);
});
