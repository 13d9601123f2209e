// What the editor says of a compose file, and offers in one.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { composeHints, composeMeaning } from '../../../site/src/client/editor/compose-hints.ts';
import { composeProblems } from '../../../site/src/client/editor/compose-problems.ts';

const good = `name: shop
services:
  web:
    image: nginx
    ports:
      - "8080:80"
      - target: 81
        published: "8081"
    environment:
      GREETING: hi
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost"]
      interval: 30s
    depends_on:
      - db
  db:
    image: redis:7
    volumes:
      - data:/data
volumes:
  data:
`;

/** The problems of a text, each with what it stands on. */
function said(text: string): string[] {
  return composeProblems(text).map(({ from, to, message }) => `${text.slice(from, to)} | ${message}`);
}

test('a good compose file has no problems', () => {
  assert.deepEqual(said(good), []);
  assert.deepEqual(said(''), []);
  assert.deepEqual(said('# nothing yet\n'), []);
});

test('a key that compose does not know is named where it stands', () => {
  const [problem, ...others] = said(good.replace('ports:', 'portz:'));
  assert.match(problem ?? '', /^portz \| “portz” is not a key that compose knows in this place/);
  assert.deepEqual(others, []);
});

test('a value of the wrong kind is told what is wanted', () => {
  assert.match(
    said(good.replace('    ports:\n      - "8080:80"\n', '    tty: 5\n    ports:\n'))[0] ?? '',
    /^5 \| “tty” wants .*true or false/,
  );
  const [ports] = said('services:\n  web:\n    image: nginx\n    ports: 8080\n');
  assert.match(ports ?? '', /^8080 \| “ports” wants a list here/);
});

test('names of nothing, services without an image, ports that are none and circles are told, as compose refuses them', () => {
  const broken: readonly (readonly [from: string, to: string, says: RegExp])[] = [
    ['- db\n', '- bd\n', /^bd \| There is no service “bd”\. This file has “web”, “db”\.$/],
    [
      '- data:/data',
      '- date:/data',
      /^date:\/data \| There is no volume “date”\. .* Define it under volumes: at the end/,
    ],
    ['"8080:80"', '"8080:http"', /^"8080:http" \| “8080:http” is no port\./],
    ['"8080:80"', '"80800:80"', /is no port/],
    ['image: redis:7', 'restart: always', /^db \| The service “db” has neither an image nor a build\.$/],
    [
      'image: redis:7',
      'image: redis:7\n    networks: [back]',
      /^back \| There is no network “back”\. This file defines no network\./,
    ],
    ['image: redis:7', 'image: redis:7\n    depends_on: [web]', /wait for each other: “web” → “db” → “web”\.$/],
    ['image: redis:7', 'image: redis:7\n    secrets: [key]', /There is no secret “key”/],
  ];
  for (const [from, to, says] of broken) assert.match(said(good.replace(from, to))[0] ?? '', says, to);
  const fine: readonly (readonly [from: string, to: string])[] = [
    ['- data:/data', '- ./data:/data'],
    ['- data:/data', '- /data'],
    ['- data:/data', `- "${'$'}{DIR}:/data"`],
    ['"8080:80"', '"127.0.0.1:8080-8081:80-81/udp"'],
    ['"8080:80"', '"[::1]:8080:80"'],
    ['"8080:80"', '"80"'],
    ['- db\n', '- $OTHER\n'],
    ['depends_on:\n      - db', 'depends_on:\n      x: { condition: service_started, required: false }'],
    ['image: redis:7', 'image: redis:7\n    networks: [default]'],
    ['name: shop', 'name: shop\ninclude: [other.yaml]'],
  ];
  for (const [from, to] of fine) assert.deepEqual(said(good.replace(from, to)), [], to);
});

test('what is no YAML is told as that', () => {
  const [problem] = composeProblems('services:\n  web:\n    image: "nginx\n');
  assert.match(problem?.message ?? '', /^This is no YAML yet: /);
});

test('aliases that grow without end are refused, not followed', () => {
  const bomb = Array.from({ length: 12 }, (_, n) =>
    n === 0
      ? 'x-a0: &a0 [1,2,3,4,5,6,7,8,9]'
      : `x-a${n}: &a${n} [${Array(9)
          .fill(`*a${n - 1}`)
          .join(',')}]`,
  ).join('\n');
  assert.match(composeProblems(bomb)[0]?.message ?? '', /too many/i);
});

/** The labels that are offered where `|` stands. */
function offered(text: string): string[] {
  const before = text.slice(0, text.indexOf('|'));
  const lines = before.split('\n');
  return composeHints(text.replace('|', ''), lines.length - 1, lines.at(-1)?.length ?? 0).map(({ label }) => label);
}

test('keys are offered for their place, without those that are there', () => {
  assert.ok(offered('|').includes('services'));
  const inService = offered('services:\n  web:\n    image: nginx\n    |\n');
  for (const key of ['ports', 'build', 'environment', 'healthcheck']) assert.ok(inService.includes(key), key);
  assert.ok(!inService.includes('image'));
  assert.ok(!inService.includes('services'));
  assert.ok(offered('services:\n  web:\n    healthcheck:\n      |').includes('interval'));
  assert.ok(offered('services:\n  web:\n    ports:\n      - |').includes('target'));
  assert.ok(offered('services:\n  web:\n    ports:\n    - target: 80\n      |').includes('published'));
  assert.ok(offered('services:\n  web:\n    build: .\n  |').length === 0);
});

test('values are offered where the schema lists them', () => {
  assert.deepEqual(offered('services:\n  web:\n    tty: |').slice(0, 2), ['true', 'false']);
  assert.ok(offered('services:\n  web:\n    depends_on:\n      db:\n        condition: |').includes('service_healthy'));
});

test('a key’s meaning is told', () => {
  assert.ok(composeMeaning('services:\n  web:\n    image: nginx\n', 2, 6).length > 10);
  assert.equal(composeMeaning('services:\n  web:\n    image: nginx\n', 2, 13), '');
});
