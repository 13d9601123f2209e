// F14: passwords, access tokens, bearer and refresh tokens, and what labs know, are neither in the log, nor in an answer that does not
// give them out, nor in an event, nor on the disk.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import type http from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import type { RegistryEvent } from '../../../runtime/registry/audit.ts';
import { basic, bearer, OwnHub, type TokenAnswer } from '../../support/own-hub.ts';
import { type Answer, sha256 } from '../../support/own-registry.ts';
import { mediaTypes } from './contents.ts';
import { blob, digest, manifest } from './team.ts';

let hub: OwnHub;

beforeAll(async () => {
  hub = await OwnHub.open();
});

afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
});

test('F14 no secret is in a log, an answer, an event or a file', async () => {
  const password = 'canary-password-4711';
  const wrong = 'canary-wrong-4712';
  await createAccount(hub.accounts, { name: 'ada', password });
  const account = hub.accounts.accounts.need('ada');
  const { secret } = hub.accounts.tokens.add(account, { name: 'laptop', scope: 'delete', expires: null });
  const lab = await hub.accounts.change(() => hub.accounts.sessions.ensure('lab-1'));
  const given = (await hub.askToken([], basic('ada', password), '&offline_token=true')).json() as TokenAnswer;
  const scopes = ['repository:ada/app:pull,push,delete'];
  const tokens = [given.token, String((await hub.tokenHeader(scopes, basic('ada', secret))).Authorization).slice(7)];
  const secrets = [password, wrong, secret, lab.password, given.refresh_token ?? '', ...tokens];
  const encoded = secrets.flatMap((text) => [text, Buffer.from(`ada:${text}`).toString('base64')]);

  const events: RegistryEvent[] = [];
  hub.registry.audit.listen((event) => events.push(event));
  const answers: Answer[] = [];
  const kinds: http.OutgoingHttpHeaders[] = [
    ...[password, wrong, secret].map((text) => basic('ada', text)),
    basic('lab-1', lab.password),
    ...[...tokens, given.refresh_token ?? '', wrong].map(bearer),
    { Authorization: wrong },
  ];
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['GET /v2/', undefined],
    [`POST /v2/ada/app/blobs/uploads/?digest=${digest}`, blob],
    ['PUT /v2/ada/app/manifests/1', manifest],
    ['PUT /v2/ada/app/manifests/2', '{}'],
    ['GET /v2/ada/app/manifests/1', undefined],
    [`GET /v2/other/app/blobs/${sha256(wrong)}`, undefined],
    ['GET /v2/%zz', undefined],
    ['GET /nothing', undefined],
    ['GET /v2/_catalog', undefined],
    ['PATCH /token', undefined],
  ];
  for (const headers of kinds) {
    hub.clock.pass(10_000);
    for (const [line, body] of lines)
      answers.push(
        await hub.ask(line, { headers: { 'Content-Type': mediaTypes.ociManifest, ...headers }, ...(body && { body }) }),
      );
  }
  for (const form of [
    { grant_type: 'password', username: 'ada', password: wrong },
    { grant_type: wrong, username: 'ada', password },
    { grant_type: 'refresh_token', refresh_token: wrong },
    { grant_type: 'refresh_token', refresh_token: given.refresh_token ?? '', service: wrong },
  ])
    answers.push(await hub.postToken(form));
  answers.push(await hub.askToken([], basic('ada', wrong)));
  for (let i = 0; i < 12; i++) answers.push(await hub.askToken([], basic('ada', `${wrong}${i}`)));
  // A fault of ours: its log line must not hold the request.
  const rights = hub.accounts.rights as { cut: unknown };
  rights.cut = () => {
    throw new Error('a fault');
  };
  for (const faulty of [
    hub.askToken([], basic('lab-1', lab.password)),
    hub.postToken({ grant_type: 'password', username: 'lab-1', password: lab.password }),
  ])
    answers.push(await faulty);
  assert.equal(answers.at(-1)?.status, 500);

  assert.ok(hub.log.some((line) => line.includes('a request for a token failed')));
  assert.ok(events.some(({ action }) => action === 'push') && events.some(({ action }) => action === 'pull'));
  assert.ok(answers.some(({ status }) => status === 429) && answers.some(({ status }) => status === 201));
  const places = new Map<string, string>([
    ['the log', hub.log.join('')],
    ['an event', JSON.stringify([events, hub.registry.audit.list({ most: 1000 })])],
    ['an answer', answers.map(({ headers, body }) => JSON.stringify(headers) + body).join('\n')],
  ]);
  for (const name of fs.readdirSync(hub.directory, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(hub.directory, name);
    if (fs.statSync(file).isFile()) places.set(name, fs.readFileSync(file, 'latin1'));
  }
  assert.ok(places.size > 5);
  for (const [place, text] of places) for (const one of encoded) assert.ok(!text.includes(one), `${place}: ${one}`);
});
