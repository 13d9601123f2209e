// Every route times every identity: who gets what. A route without an entry fails.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { routes } from '../../../sandbox-server/protocol.ts';
import { cookieOf, startTestServer } from '../server.ts';

const server = await startTestServer();
afterAll(() => server[Symbol.asyncDispose]());
const [a, b, expired] = [await server.open(), await server.open(), await server.open()];
await server.ask('DELETE', `/api/sessions/${expired.session}`, { cookie: expired.cookie });

const bodies: Readonly<Record<string, unknown>> = {
  openSession: { lesson: 'playground' },
  quizAnswer: { lesson: 'playground', question: 'q', choice: '1' },
  openPreview: { port: 8080 },
  invite: 'code=wrong',
  changeFiles: { do: 'makeFolder', path: 'a' },
  writeFile: 'bytes',
  hubSignIn: { name: 'ada', password: 'not this one' },
  hubPassword: { current: 'not this one', next: 'another horse' },
  hubMakeNamespace: { name: 'team', visibility: 'public' },
  hubNamespaceVisibility: { name: 'team', visibility: 'public' },
  hubMember: { namespace: 'team', account: 'ada', access: 'read' },
  hubVisibility: { repository: 'team/a', visibility: null },
  hubMakeWebhook: { namespace: 'team', url: 'http://docker-host.lab:9000/', name: '', actions: ['push'] },
  hubDeliver: { namespace: 'team', webhook: '0', delivery: null },
  hubMakeToken: { account: 'ada', name: 'ci', scope: 'read', days: null },
};
const queries: Readonly<Record<string, string>> = {
  listFiles: '?path=',
  readFile: '?path=a',
  writeFile: '?path=a',
  removeFile: '?path=a',
  hubNamespace: '?name=team',
  hubRepository: '?repository=team/a',
  hubRemoveRepository: '?repository=team/a',
  hubTags: '?repository=team/a',
  hubDeleteTag: `?repository=team/a&tag=1&digest=sha256:${'0'.repeat(64)}`,
  hubImage: '?repository=team/a&reference=1',
  hubEvents: '?namespace=team',
  hubTokens: '?account=ada',
  hubRevokeToken: '?account=ada&id=0',
  hubContents: '?repository=team/a&reference=1',
  hubWebhooks: '?namespace=team',
  hubRemoveWebhook: '?namespace=team&id=0',
  hubDeliveries: '?namespace=team&id=0',
};
const headers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  invite: { 'content-type': 'application/x-www-form-urlencoded' },
  writeFile: { 'content-type': 'application/octet-stream', 'if-none-match': '*' },
};

/**
 * The session in each request is learner A's; `expired` asks for their own, which has ended. Without an engine no lab gets
 * ready: 503 says that it was its owner's to ask for.
 */
const expected: Readonly<Record<keyof typeof routes, readonly [number, number, number, number, number]>> = {
  //               anonymous, forged cookie, learner B, expired, learner A
  health: [200, 200, 200, 200, 200],
  metrics: [200, 200, 200, 200, 200],
  inviteForm: [303, 303, 303, 303, 303],
  invite: [303, 303, 303, 303, 303],
  openSession: [200, 200, 200, 200, 200],
  ticket: [403, 403, 404, 404, 200],
  progress: [200, 200, 200, 200, 200],
  doneRecord: [200, 200, 200, 200, 200],
  quizAnswer: [403, 403, 204, 204, 204],
  socket: [404, 404, 404, 404, 404],
  openPreview: [403, 403, 404, 404, 503],
  listFiles: [403, 403, 404, 404, 503],
  readFile: [403, 403, 404, 404, 503],
  writeFile: [403, 403, 404, 404, 503],
  removeFile: [403, 403, 404, 404, 503],
  changeFiles: [403, 403, 404, 404, 503],
  // What the hub holds is the engine's to tell: hub-pages.test.ts has who gets what of it.
  hubMe: [503, 503, 503, 503, 503],
  hubSignIn: [503, 503, 503, 503, 503],
  hubSignOut: [204, 204, 204, 204, 204],
  hubPassword: [403, 403, 403, 403, 403],
  hubRepositories: [503, 503, 503, 503, 503],
  hubNamespace: [503, 503, 503, 503, 503],
  hubMakeNamespace: [403, 403, 503, 503, 503],
  hubNamespaceVisibility: [403, 403, 503, 503, 503],
  hubMember: [403, 403, 503, 503, 503],
  hubRepository: [503, 503, 503, 503, 503],
  hubVisibility: [403, 403, 503, 503, 503],
  hubRemoveRepository: [403, 403, 503, 503, 503],
  hubTags: [503, 503, 503, 503, 503],
  hubDeleteTag: [403, 403, 503, 503, 503],
  hubImage: [503, 503, 503, 503, 503],
  hubEvents: [403, 403, 503, 503, 503],
  hubTokens: [403, 403, 503, 503, 503],
  hubMakeToken: [403, 403, 503, 503, 503],
  hubRevokeToken: [403, 403, 503, 503, 503],
  hubContents: [503, 503, 503, 503, 503],
  hubWebhooks: [403, 403, 503, 503, 503],
  hubMakeWebhook: [403, 403, 503, 503, 503],
  hubRemoveWebhook: [403, 403, 503, 503, 503],
  hubDeliveries: [403, 403, 503, 503, 503],
  hubDeliver: [403, 403, 503, 503, 503],
  labRepositories: [403, 403, 404, 404, 503],
  endSession: [403, 403, 404, 404, 204],
};

const identities = [
  ['anonymous', undefined, a.session],
  ['a forged cookie', `drydock=${'A'.repeat(43)}`, a.session],
  ['learner B', b.cookie, a.session],
  ['a learner whose session ended', expired.cookie, expired.session],
  ['learner A', a.cookie, a.session],
] as const;

// `endSession` last: it ends what the others need.
const order = Object.entries(routes).sort(
  ([one], [other]) => Number(one === 'endSession') - Number(other === 'endSession'),
);
for (const [name, { method, path }] of order) {
  test(`F10 ${method} ${path} answers each identity as the matrix says`, async () => {
    const statuses = expected[name as keyof typeof routes];
    assert.ok(statuses, 'every route has an entry');
    for (const [place, [who, cookie, session]] of identities.entries()) {
      const answer = await server.ask(method, path.replace(':session', session) + (queries[name] ?? ''), {
        headers: headers[name] ?? {},
        ...(cookie === undefined ? {} : { cookie }),
        ...(bodies[name] === undefined ? {} : { body: bodies[name] }),
      });
      assert.equal(answer.status, statuses[place], `${who}: ${answer.text}`);
    }
  });
}

/** What stays open to who has not shown the operator's code. */
const openWithoutCode: Readonly<Record<string, number>> = { health: 200, metrics: 200, inviteForm: 403, invite: 403 };

test('F10 with a code every route is closed to who has not shown it, and as before to who has', async () => {
  await using gated = await startTestServer({ invite: 'a-secret-code' });
  const entered = await gated.ask('POST', '/invite', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'code=a-secret-code',
  });
  assert.equal(entered.status, 303);
  const pass = cookieOf(entered);
  const opened = await gated.ask('POST', '/api/sessions', { body: { lesson: 'playground' }, cookie: pass });
  assert.equal(opened.status, 200, opened.text);
  const student = cookieOf(opened);
  const { session } = JSON.parse(opened.text);
  const asked = (name: string, method: string, path: string, cookie: string | undefined) =>
    gated.ask(method, path.replace(':session', session) + (queries[name] ?? ''), {
      headers: headers[name] ?? {},
      ...(cookie === undefined ? {} : { cookie }),
      ...(bodies[name] === undefined ? {} : { body: bodies[name] }),
    });
  for (const [name, { method, path }] of order) {
    // A student of before the code, nobody, and who has a pass of another code.
    for (const cookie of [student, undefined, `${student}; drydock-invite=${'A'.repeat(43)}`]) {
      const { status, text } = await asked(name, method, path, cookie);
      assert.equal(status, openWithoutCode[name] ?? 403, `${method} ${path}: ${text}`);
    }
    const { status } = await asked(name, method, path, `${student}; ${pass}`);
    const [, , , , owner] = expected[name as keyof typeof routes];
    assert.equal(status, name === 'invite' ? 403 : owner, `${method} ${path} with the code`);
  }
});

test('F10 a route that is not in the table is not there', async () => {
  for (const path of ['/api', '/api/', '/api/sessions/x/y', '/api/admin', '/api/hosts', '/api/socket/x']) {
    assert.equal((await server.ask('GET', path, { cookie: a.cookie })).status, 404, path);
  }
});
