// F10: every route of the registry and of its tokens, asked by every kind of person.

import assert from 'node:assert/strict';
import type http from 'node:http';
import { afterAll, beforeAll, test } from 'vitest';
import { type TokenScope, tokenScopes } from '../../../runtime/registry/accounts/access-tokens.ts';
import { decide } from '../../../runtime/registry/accounts/decide.ts';
import type { RepositoryAction } from '../../../runtime/registry/http/access.ts';
import { type Route, routeOf } from '../../../runtime/registry/http/route.ts';
import { bearer, type OwnHub } from '../../support/own-hub.ts';
import { sha256 } from '../../support/own-registry.ts';
import { type Case, cases } from './every-route.ts';
import { openTeam, type Repository, repositories, scopesOf, type Team } from './team.ts';

let team: Team;
let hub: OwnHub;

beforeAll(async () => {
  team = await openTeam();
  hub = team.hub;
});

afterAll(async () => {
  await team?.[Symbol.asyncDispose]();
});

/** Said here, not computed: who may do what. */
function mayDo(kind: string, repository: Repository, action: RepositoryAction): boolean {
  if (repository === 'image' || repository === 'nobody/image') return false;
  if (repository === 'library/image') return action === 'pull';
  if (action === 'pull' && repository.endsWith('/public')) return true;
  if (repository.startsWith('lab-1/'))
    return kind === 'lab' || (kind === 'lab with a token to read' && action === 'pull');
  const allowed: Readonly<Record<string, readonly RepositoryAction[]>> = {
    ada: ['pull', 'push', 'delete'],
    'ada with a token to read': ['pull'],
    'ada with a token to read-write': ['pull', 'push'],
    'ada with a token to delete': ['pull', 'push', 'delete'],
    writer: ['pull', 'push'],
    reader: ['pull'],
  };
  return allowed[kind]?.includes(action) ?? false;
}

/** What is there is found by whoever may. */
const expected = (repository: Repository, may: readonly number[]): readonly number[] =>
  repository === 'team/missing' ? may : may.slice(0, 1);

async function each(
  visit: (one: Case & { repository: Repository; kind: Route['kind'] }) => Promise<void>,
  some: readonly Repository[] = repositories,
): Promise<void> {
  for (const repository of some) {
    for (const [kind, casesOf] of Object.entries(cases) as [Route['kind'], (typeof cases)['base']][]) {
      for (const one of casesOf(repository)) {
        assert.equal(routeOf((one.line.split(' ')[1] ?? '').split('?', 1)[0] ?? '')?.kind, kind);
        await visit({ ...one, repository, kind });
      }
    }
  }
}

test('F10 every route, by everybody who has a token: allowed or not, as the table says', async () => {
  let many = 0;
  for (const [kind, { headers, isSomebody }] of team.people) {
    if (!isSomebody) continue;
    const tokens = new Map<string, http.OutgoingHttpHeaders>();
    for (const repository of repositories) tokens.set(repository, await hub.tokenHeader(scopesOf(repository), headers));
    await each(async ({ line, need, may, body, repository }) => {
      const answer = await team.ask(line, body, tokens.get(repository) ?? {});
      const isAllowed = typeof need === 'string' || need.every((action) => mayDo(kind, repository, action));
      assert.ok(
        isAllowed ? expected(repository, may).includes(answer.status) : answer.status === 401,
        `${kind}: ${line} is ${answer.status}, allowed: ${isAllowed}`,
      );
      if (!isAllowed) assert.match(answer.header('www-authenticate'), /error="insufficient_scope"/);
      many++;
    });
  }
  assert.ok(many > 800, `${many} cases`);
});

test('F10 every route, by everybody who sends name and secret: as with a token, and 403 where it is not allowed', async () => {
  for (const [kind, { headers, isSomebody }] of team.people) {
    if (kind === 'nobody') continue;
    await each(
      async ({ line, need, may, body, repository }) => {
        // So that guessing is not slowed down here.
        if (!isSomebody) hub.clock.pass(60_000);
        const answer = await team.ask(line, body, headers);
        if (need === 'not allowed') assert.ok(may.includes(answer.status));
        else if (!isSomebody) assert.equal(answer.status, 401, `${kind}: ${line}`);
        else {
          const isAllowed = need === 'anybody' || need.every((action) => mayDo(kind, repository, action));
          assert.ok(
            isAllowed ? expected(repository, may).includes(answer.status) : answer.status === 403,
            `${kind}: ${line} ${answer.status}`,
          );
        }
      },
      isSomebody ? repositories : ['team/private'],
    );
  }
});

test('F10 every route, without a token or with one that was good once: 401, whatever is asked for', async () => {
  const tokens = [['none', {}] as const, ...team.stale, ['nonsense', bearer('x.y.z')] as const];
  for (const [kind, headers] of tokens) {
    await each(async ({ line, need, may, body }) => {
      const answer = await team.ask(line, body, headers);
      assert.ok(need === 'not allowed' ? may.includes(answer.status) : answer.status === 401, `${kind}: ${line}`);
    });
  }
});

test('F10 a token is given to everybody whose secret is right, and grants what the table says', async () => {
  const actions: readonly RepositoryAction[] = ['pull', 'push', 'delete'];
  for (const [kind, { headers, isSomebody }] of team.people) {
    for (const repository of repositories) {
      const answer = await hub.askToken([`repository:${repository}:${actions.join(',')}`], headers);
      assert.equal(answer.status, isSomebody ? 200 : 401, kind);
      if (!isSomebody) break;
      const { token } = answer.json() as { token: string };
      const { access } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
        access: { actions: string[] }[];
      };
      assert.deepEqual(
        access[0]?.actions ?? [],
        actions.filter((action) => mayDo(kind, repository, action)),
        `${kind} ${repository}`,
      );
    }
  }
});

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
/** Every way to ask for a token, with what is right about it: a secret, a method, a service, a grant. */
const askings: readonly (readonly [
  what: string,
  line: string,
  body: string | null,
  status: (isRight: boolean) => number,
])[] = [
  ['by name and secret', 'GET /token?service=hub.drydock&scope=SCOPE', null, (isRight) => (isRight ? 200 : 401)],
  ['for a refresh token too', 'GET /token?offline_token=true&scope=SCOPE', null, (isRight) => (isRight ? 200 : 401)],
  ['for another service', 'GET /token?service=registry.docker.io&scope=SCOPE', null, () => 400],
  ['with HEAD', 'HEAD /token?scope=SCOPE', null, () => 405],
  ['with PUT', 'PUT /token', '', () => 405],
  ['with DELETE', 'DELETE /token', null, () => 405],
  ['without a grant', 'POST /token', 'scope=SCOPE', () => 400],
  ['with a grant that is none', 'POST /token', 'grant_type=authorization_code&code=x', () => 400],
  ['with a refresh token that is none', 'POST /token', 'grant_type=refresh_token&refresh_token=x', () => 401],
];

test('F10 /token, by everybody, in every way: no way around a secret that is right, and nothing of anybody without it', async () => {
  for (const [kind, { headers, isSomebody }] of team.people) {
    for (const [what, line, body, status] of askings) {
      // So that guessing is not slowed down here.
      if (!isSomebody) hub.clock.pass(60_000);
      const scope = encodeURIComponent('repository:team/private:pull,push,delete');
      const answer = await hub.ask(line.replace('SCOPE', scope), {
        headers: { ...headers, ...(body !== null && form) },
        ...(body !== null && { body: body.replace('SCOPE', scope) }),
      });
      assert.equal(answer.status, status(isSomebody), `${kind} ${what}`);
      if (answer.status !== 200) assert.ok(!answer.body.includes('access_token'), `${kind} ${what}`);
    }
  }
  // A bearer token gives no other token, whoever has it.
  const { headers = {} } = team.people.get('ada') ?? {};
  const owner = await hub.tokenHeader(scopesOf('team/private'), headers);
  for (const shown of [owner, bearer('x.y.z'), { Authorization: 'Basic' }, { Authorization: '' }])
    assert.equal((await hub.ask('GET /token?scope=registry:catalog:*', { headers: shown })).status, 401);
});

test('F10 a refresh token is none of those that the registry takes, and a bearer token refreshes nothing', async () => {
  const { headers = {} } = team.people.get('ada') ?? {};
  const { token, refresh_token = '' } = (
    await hub.askToken(scopesOf('team/private'), headers, '&offline_token=true')
  ).json() as {
    token: string;
    refresh_token?: string;
  };
  assert.equal((await hub.ask('GET /v2/', { headers: bearer(refresh_token) })).status, 401);
  assert.equal((await hub.ask('GET /v2/', { headers: bearer(token) })).status, 200);
  for (const [given, status] of [
    [token, 401],
    [refresh_token, 200],
  ] as const)
    assert.equal((await hub.postToken({ grant_type: 'refresh_token', refresh_token: given })).status, status);
});

test('F10 methods that a route does not have are none for anybody, and do nothing', async () => {
  const { headers = {} } = team.people.get('ada') ?? {};
  const token = await hub.tokenHeader(scopesOf('team/private'), headers);
  const before = hub.registry.manifests.need('team/private', '1').digest;
  for (const [path, methods] of [
    ['/v2/', ['POST', 'PUT', 'PATCH', 'DELETE']],
    ['/v2/_catalog', ['POST', 'PUT', 'PATCH', 'DELETE']],
    ['/v2/team/private/tags/list', ['POST', 'PUT', 'PATCH', 'DELETE']],
    ['/v2/team/private/manifests/1', ['POST', 'PATCH']],
    [`/v2/team/private/blobs/${sha256('x')}`, ['POST', 'PUT', 'PATCH']],
    ['/v2/team/private/blobs/uploads/', ['GET', 'PUT', 'PATCH', 'DELETE']],
    ['/v2/team/private/blobs/uploads/x', ['POST']],
    [`/v2/team/private/referrers/${sha256('x')}`, ['POST', 'PUT', 'PATCH', 'DELETE']],
  ] as const)
    for (const method of methods)
      for (const shown of [{}, token]) {
        const answer = await hub.ask(`${method} ${path}`, { headers: { ...shown, 'X-HTTP-Method-Override': 'GET' } });
        assert.equal(answer.status, 405, `${method} ${path}`);
        assert.match(answer.header('allow'), /^[A-Z, ]+$/);
      }
  assert.equal(hub.registry.manifests.need('team/private', '1').digest, before);
});

test('the decision alone: an access token never adds to what its account may', () => {
  const scopes: readonly (TokenScope | null)[] = [null, ...tokenScopes];
  const actions: readonly RepositoryAction[] = ['pull', 'push', 'delete'];
  for (const namespace of ['owned', 'library', 'none'] as const)
    for (const role of ['owner', 'write', 'read', null] as const)
      for (const visibility of ['public', 'private', null] as const)
        for (const action of actions) {
          const facts = { namespace, role, visibility };
          const whole = decide({ kind: 'account', limit: null }, facts, action);
          for (const limit of scopes) {
            const verdict = decide({ kind: 'account', limit }, facts, action);
            assert.ok(verdict === 'denied' || whole === 'allowed', JSON.stringify({ facts, limit, action }));
          }
          const nobody = decide({ kind: 'nobody' }, { ...facts, role: null }, action);
          assert.ok(nobody !== 'denied' && (nobody === 'unauthorized' || action === 'pull'));
        }
});
