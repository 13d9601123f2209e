// F10: every route of the registry and of its tokens, asked by every kind of person.

import assert from 'node:assert/strict';
import type http from 'node:http';
import { afterAll, beforeAll, test } from 'vitest';
import { type TokenScope, tokenScopes } from '../../../runtime/registry/accounts/access-tokens.ts';
import { decide } from '../../../runtime/registry/accounts/decide.ts';
import type { RepositoryAction } from '../../../runtime/registry/http/access.ts';
import { type Route, routeOf } from '../../../runtime/registry/http/route.ts';
import { bearer, type OwnHub } from '../../support/own-hub.ts';
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
  if (action === 'pull' && repository === 'team/public') return true;
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
