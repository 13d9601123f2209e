// A20: names and ids that would be paths, options or other people's, wherever one can be given.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ask, expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { programsWith } from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';

let engine: RunningEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'names');
  // What a name that is a path would lead to.
  const target = path.join(engine.instance.run, 'hosts/names/b/victim');
  mkdirSync(target);
  writeFileSync(path.join(target, 'file'), '');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

const hostile = [
  ...['../x', '..', '.', 'a/b', '/etc/passwd', '../../../../etc/passwd', 'x'.repeat(300), 'ünïcode', '💣', 'a\0b'],
  ...[
    '--root',
    '-x',
    '--root=/tmp',
    'a b',
    'a\nb',
    'a;reboot',
    '$(reboot)',
    '`reboot`',
    '\x1b[31m',
    '%2e%2e%2f',
    'victim/file',
  ],
];
/** Docker's own ids and names in paths: what is not there is not found, what cannot be is invalid. */
const refused = (status: number): boolean => status === 400 || status === 404;
const show = (name: string): string => JSON.stringify(name).slice(0, 24);

describe('A20: a hostile name', () => {
  for (const name of hostile) {
    const encoded = encodeURIComponent(name);

    test(`${show(name)} is none for a container`, async () => {
      const body = { Image: 'busybox', Cmd: ['true'] };
      await expectSending(host.socket, `POST /containers/create?name=${encoded}`, body, 400, { message: /\w+ / });
      await host.create('plain', ['true']);
      await expect(host.socket, `POST /containers/plain/rename?name=${encoded}`, 400);
      await expect(host.socket, 'DELETE /containers/plain', 204);
    });

    test(`${show(name)} finds nothing`, async () => {
      for (const place of [
        `GET /containers/${encoded}/json`,
        `POST /containers/${encoded}/start`,
        `DELETE /containers/${encoded}?force=1`,
        `GET /containers/${encoded}/logs?stdout=1`,
        `GET /exec/${encoded}/json`,
        `POST /exec/${encoded}/resize?h=1&w=1`,
        `GET /images/${encoded}/json`,
        `DELETE /images/${encoded}`,
        `POST /images/${encoded}/tag?repo=x`,
        `GET /networks/${encoded}`,
      ]) {
        const { status, body } = await ask(host.socket, place);
        assert.ok(refused(status), `${place}: ${status} ${JSON.stringify(body)}`);
        assert.match(String((body as { message?: string }).message), /\w+ \w+/, place);
      }
      const HostConfig = { NetworkMode: `container:${name}` };
      const created = await ask(host.socket, 'POST /containers/create?name=join', {
        Image: 'busybox',
        Cmd: ['x'],
        HostConfig,
      });
      if (created.status === 201) {
        const { status, body } = await ask(host.socket, 'POST /containers/join/start');
        assert.equal(status, 409);
        assert.match(JSON.stringify(body), /No such container/);
        await expect(host.socket, 'DELETE /containers/join', 204);
      } else assert.ok(refused(created.status));
    });

    test(`${show(name)} is none for an image`, async () => {
      if (/^[a-z]+\/[a-z]+$/.test(name)) return; // a repository like any other
      for (const place of [`POST /images/create?fromImage=${encoded}`, `POST /images/busybox/tag?repo=${encoded}`]) {
        const { status, body } = await ask(host.socket, place);
        const failed = refused(status) || /"error"|not found|invalid/.test(JSON.stringify(body));
        assert.ok(failed, `${place}: ${status} ${JSON.stringify(body)}`);
      }
      await expectSending(host.socket, 'POST /containers/create', { Image: name, Cmd: ['true'] }, 404).catch(() =>
        expectSending(host.socket, 'POST /containers/create', { Image: name, Cmd: ['true'] }, 400),
      );
    });

    test(`${show(name)} is none for a host or a terminal`, async () => {
      const { client, socket } = engine;
      await assert.rejects(client.createHost(name), { kind: 'invalid' });
      for (const place of [
        `GET /hosts/${encoded}`,
        `DELETE /hosts/${encoded}`,
        `POST /hosts/${encoded}/reset`,
        `DELETE /hosts/names/terminals/${encoded}`,
      ])
        assert.ok(refused((await ask(socket, place)).status), place);
      const opened = client.openTerminal('names', { id: name, rows: 24, columns: 80 });
      // A terminal may be called `--root`: nothing is ever named for it without a word in front.
      if (/^[a-z0-9-]{1,32}$/.test(name)) {
        await opened;
        const started = programsWith(`${engine.instance.run}/hosts/names/b/t-${name}`);
        assert.ok(started.length > 0);
        for (const { argv } of started) assert.ok(!argv.includes(name), argv.join(' '));
        await client.closeTerminal('names', name);
      } else await assert.rejects(opened, { kind: 'invalid' });
      const options = { id: 'fine', rows: 24, columns: 80, user: name };
      await assert.rejects(client.openTerminal('names', options), { kind: 'invalid' });
      await assert.rejects(client.run('names', { argv: ['true'], user: name }), { kind: 'invalid' });
    });
  }
});

describe('A20: what does get through', () => {
  test('is never an option: no argument of what the engine starts was chosen by a student', async () => {
    const chosen = 'chosen-by-a-student';
    const more = {
      Hostname: `${chosen}-h`,
      Env: [`X=--${chosen}`],
      WorkingDir: `/${chosen}`,
      Labels: { [`--${chosen}`]: '--root=/' },
    };
    await host.create(`n.${chosen}`, ['sleep', '1000'], more);
    await expect(host.socket, `POST /containers/n.${chosen}/start`, 204);
    await host.exec(`n.${chosen}`, ['sleep', '1000'], { Env: [`Y=--${chosen}`], User: 'root' });
    await engine.client.openTerminal('names', { id: 'fine', rows: 24, columns: 80, env: [`Z=--${chosen}`] });
    const programs = programsWith(`${engine.instance.run}/`).filter(
      ({ pid }) => pid !== engine.pid && pid !== process.pid,
    );
    assert.ok(programs.length >= 3);
    for (const { argv } of programs) assert.ok(!argv.some((word) => word.includes(chosen)), argv.join(' '));
  });

  test('left nothing and took nothing away', async () => {
    const own = path.join(engine.instance.run, 'hosts');
    assert.deepEqual(readdirSync(own), ['names']);
    assert.ok(existsSync(path.join(own, 'names/b/victim/file')));
    assert.equal((await engine.client.hosts()).length, 1);
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
    await expect(host.socket, 'GET /_ping', 200);
  });
});
