// The part of the engine's own API about what the hub's pages show and do. The shapes are those of `client-hub-pages.ts`.

import { z } from 'zod';
import { Asker } from '../hub/pages/asker.ts';
import {
  makeNamespace,
  makeToken,
  removeRepository,
  revokeToken,
  setMember,
  setNamespaceVisibility,
  setPassword,
  setVisibility,
  tokensOf,
} from '../hub/pages/changes.ts';
import { deleteTag, imagePage } from '../hub/pages/image.ts';
import { eventsOf, listRepositories, namespacePage, repositoryPage, tagPage } from '../hub/pages/repositories.ts';
import type { PageShelf } from '../hub/pages/shelf.ts';
import { maxRepositoryNameLength } from '../limits.ts';
import { tokenScopes } from '../registry/accounts/access-tokens.ts';
import { asEngineError } from './hub-people.ts';
import { type Routes, withEach } from './router.ts';

const text = z.string().max(1000);
const visibility = z.enum(['public', 'private']);
const name = z.string().max(maxRepositoryNameLength);
export const askerSchema = z.strictObject({
  login: z.strictObject({ account: text, stamp: text }).nullable(),
  hosts: z.array(text).max(100),
});
const asked = z.strictObject({ asker: askerSchema });
const ofAccount = asked.extend({ account: text });
const ofRepository = asked.extend({ repository: name });

export interface HubPageParts {
  readonly shelf: PageShelf;
  /** The account that a host's lab has on the hub; null where it has none, or there is no such host. */
  readonly labAccountOf: (host: string) => string | null;
}

export function hubPagesRoutes<Subject>(partsOf: (subject: Subject) => HubPageParts): Routes<Subject> {
  /** A route whose answer is what `work` gives. */
  const route =
    <Schema extends typeof asked>(
      schema: Schema,
      work: (shelf: PageShelf, asker: Asker, body: z.output<Schema>) => unknown,
    ): Routes<Subject>[string] =>
    async (exchange) => {
      const body = await exchange.body(schema);
      const { shelf, labAccountOf } = partsOf(exchange.subject);
      const answer = await work(shelf, new Asker(shelf.accounts, body.asker, labAccountOf), body);
      if (answer === undefined) exchange.end(204);
      else exchange.answer(200, answer);
    };
  const routes: Routes<Subject> = {
    'POST /hub/pages/me': route(asked, (_, who) => who.me()),
    'POST /hub/pages/repositories': route(
      asked.extend({ text: name, namespace: name.nullable(), after: name }),
      (shelf, who, wanted) => listRepositories(shelf, who, wanted),
    ),
    'POST /hub/pages/namespace': route(asked.extend({ namespace: name }), (shelf, who, { namespace }) =>
      namespacePage(shelf, who, namespace),
    ),
    'POST /hub/pages/repository': route(ofRepository, (shelf, who, { repository }) =>
      repositoryPage(shelf, who, repository),
    ),
    'POST /hub/pages/tags': route(
      ofRepository.extend({ skip: z.int().min(0).max(1_000_000) }),
      (shelf, who, { repository, skip }) => tagPage(shelf, who, repository, skip),
    ),
    'POST /hub/pages/image': route(ofRepository.extend({ reference: text }), (shelf, who, { repository, reference }) =>
      imagePage(shelf, who, repository, reference),
    ),
    'POST /hub/pages/delete-tag': route(
      ofRepository.extend({ tag: text, digest: text }),
      (shelf, who, { repository, tag, digest }) => deleteTag(shelf, who, repository, tag, digest),
    ),
    'POST /hub/pages/events': route(
      asked.extend({ namespace: name, before: z.int().min(0).nullable() }),
      (shelf, who, { namespace, before }) => eventsOf(shelf, who, namespace, before),
    ),
    'POST /hub/pages/visibility': route(
      ofRepository.extend({ visibility: visibility.nullable() }),
      ({ accounts }, who, { repository, visibility }) => setVisibility(accounts, who, repository, visibility),
    ),
    'POST /hub/pages/remove-repository': route(ofRepository, ({ accounts }, who, { repository }) =>
      removeRepository(accounts, who, repository),
    ),
    'POST /hub/pages/namespace-visibility': route(
      asked.extend({ namespace: name, visibility }),
      ({ accounts }, who, { namespace, visibility }) => setNamespaceVisibility(accounts, who, namespace, visibility),
    ),
    'POST /hub/pages/member': route(
      ofAccount.extend({ namespace: name, access: z.enum(['read', 'write']).nullable() }),
      ({ accounts }, who, { namespace, account, access }) => setMember(accounts, who, namespace, account, access),
    ),
    'POST /hub/pages/make-namespace': route(
      asked.extend({ name, visibility }),
      ({ accounts }, who, { name, visibility }) => makeNamespace(accounts, who, name, visibility),
    ),
    'POST /hub/pages/tokens-of': route(ofAccount, ({ accounts }, who, { account }) => tokensOf(accounts, who, account)),
    'POST /hub/pages/make-token': route(
      ofAccount.extend({ name: text, scope: z.enum(tokenScopes), days: z.int().min(1).max(3660).nullable() }),
      ({ accounts }, who, { account, ...wish }) => makeToken(accounts, who, account, wish),
    ),
    'POST /hub/pages/revoke-token': route(ofAccount.extend({ id: text }), ({ accounts }, who, { account, id }) =>
      revokeToken(accounts, who, account, id),
    ),
    'POST /hub/pages/password': route(
      asked.extend({ current: text, next: text, source: text }),
      ({ accounts }, who, wish) => setPassword(accounts, who, wish),
    ),
  };
  return withEach(routes, asEngineError);
}
