// The API's routes about the hub (protocol/hub.ts lists them): parse, ask the engine, answer. The engine decides who may what.

import type { HubAsker } from '@drydock/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import type { HubShelf } from '../hub/shelf.ts';
import { contentsWaitMs, hubChangeBurst, hubChangesPerSecond } from '../limits.ts';
import {
  type HubEvents,
  type HubImageContents,
  type HubMadeToken,
  type HubNamespace,
  type HubNamespacePage,
  type HubRepositoryList,
  type HubRepositoryPage,
  type HubTagList,
  type HubTokens,
  type LabRepositories,
  routes,
} from '../protocol.ts';
import { RateLimit } from '../rate-limit.ts';
import type { Addresses } from './addresses.ts';
import type { Callers } from './callers.ts';
import { addHubWebhooks } from './hub-webhooks.ts';
import * as wish from './hub-wishes.ts';
import { limitRate } from './server.ts';

export interface HubApiParts {
  readonly callers: Callers;
  readonly addresses: Addresses;
  readonly shelf: HubShelf;
  readonly askerOf: (request: FastifyRequest) => HubAsker;
}

export function addHubApi(server: FastifyInstance, { callers, addresses, shelf, askerOf }: HubApiParts): void {
  const rate = new RateLimit({ perSecond: hubChangesPerSecond, burst: hubChangeBurst });

  /** Throws forbidden for whoever has neither signed in nor ever had a lab, and tooMany. */
  const changer = (request: FastifyRequest): HubAsker => {
    const asker = askerOf(request);
    if (asker.login === null && callers.studentOf(request) === null)
      throw new ServerError('forbidden', 'Sign in to the hub first, or open a lab: it has an account there.');
    const key = asker.login?.account ?? asker.hosts[0] ?? addresses.keyOf(request.raw);
    if (request.method !== 'GET') limitRate(rate, key, 'You have changed a lot on the hub within a minute.');
    return asker;
  };

  server.get(routes.hubRepositories.path, async (request): Promise<HubRepositoryList> => {
    const { text, namespace, after } = wish.list.parse(request.query);
    const wanted = { text: text.toLowerCase(), namespace: namespace ?? null, after };
    return await shelf.ask((hub) => hub.pages.list(askerOf(request), wanted));
  });

  server.get(routes.hubNamespace.path, async (request): Promise<HubNamespacePage> => {
    const { name } = wish.namespace.parse(request.query);
    return await shelf.ask((hub) => hub.pages.namespacePage(askerOf(request), name));
  });

  server.post(routes.hubMakeNamespace.path, async (request): Promise<HubNamespace> => {
    const asker = changer(request);
    const { name, visibility } = wish.namespaceWish.parse(request.body);
    return await shelf.ask((hub) => hub.pages.makeNamespace(asker, name, visibility));
  });

  server.put(routes.hubNamespaceVisibility.path, async (request): Promise<HubNamespace> => {
    const asker = changer(request);
    const { name, visibility } = wish.namespaceWish.parse(request.body);
    return await shelf.ask((hub) => hub.pages.setNamespaceVisibility(asker, name, visibility));
  });

  server.put(routes.hubMember.path, async (request): Promise<HubNamespace> => {
    const asker = changer(request);
    const { namespace, account, access } = wish.member.parse(request.body);
    return await shelf.ask((hub) => hub.pages.setMember(asker, namespace, account, access));
  });

  server.get(routes.hubRepository.path, async (request): Promise<HubRepositoryPage> => {
    const { repository } = wish.repository.parse(request.query);
    return await shelf.ask((hub) => hub.pages.repositoryPage(askerOf(request), repository));
  });

  server.put(routes.hubVisibility.path, async (request, reply) => {
    const asker = changer(request);
    const { repository, visibility } = wish.visibility.parse(request.body);
    await shelf.ask((hub) => hub.pages.setVisibility(asker, repository, visibility));
    return reply.code(204).send();
  });

  server.delete(routes.hubRemoveRepository.path, async (request, reply) => {
    const asker = changer(request);
    const { repository } = wish.repository.parse(request.query);
    await shelf.ask((hub) => hub.pages.removeRepository(asker, repository));
    return reply.code(204).send();
  });

  server.get(routes.hubTags.path, async (request): Promise<HubTagList> => {
    const { repository, skip } = wish.tags.parse(request.query);
    return await shelf.ask((hub) => hub.pages.tagPage(askerOf(request), repository, skip));
  });

  server.delete(routes.hubDeleteTag.path, async (request, reply) => {
    const asker = changer(request);
    const { repository, tag, digest } = wish.tag.parse(request.query);
    await shelf.ask((hub) => hub.pages.deleteTag(asker, repository, tag, digest));
    return reply.code(204).send();
  });

  server.get(routes.hubImage.path, async (request) => {
    const { repository, reference } = wish.image.parse(request.query);
    return await shelf.image(askerOf(request), repository, reference);
  });

  server.get(routes.hubContents.path, async (request): Promise<HubImageContents> => {
    const image = wish.image.parse(request.query);
    return await shelf.ask((hub) => hub.contents({ ...image, asker: askerOf(request), waitMs: contentsWaitMs }));
  });

  server.get(routes.hubEvents.path, async (request): Promise<HubEvents> => {
    const asker = changer(request);
    const { namespace, before } = wish.events.parse(request.query);
    return { events: await shelf.ask((hub) => hub.pages.events(asker, namespace, before ?? null)) };
  });

  server.get(routes.hubTokens.path, async (request): Promise<HubTokens> => {
    const asker = changer(request);
    const { account } = wish.account.parse(request.query);
    return { tokens: await shelf.ask((hub) => hub.pages.tokens(asker, account)) };
  });

  server.post(routes.hubMakeToken.path, async (request): Promise<HubMadeToken> => {
    const asker = changer(request);
    const { account, ...made } = wish.token.parse(request.body);
    return await shelf.ask((hub) => hub.pages.makeToken(asker, account, made));
  });

  server.delete(routes.hubRevokeToken.path, async (request, reply) => {
    const asker = changer(request);
    const { account, id } = wish.tokenId.parse(request.query);
    await shelf.ask((hub) => hub.pages.revokeToken(asker, account, id));
    return reply.code(204).send();
  });

  addHubWebhooks(server, { shelf, changer });

  server.get(routes.labRepositories.path, async (request): Promise<LabRepositories> => {
    const { session } = callers.theirs(request);
    return await shelf.ofLab([...session.hosts.values()]);
  });
}
