/** The routes of the hub's pages, as functions. All throw `ServerRefusal`, or `TypeError` when nothing answers. */
import {
  type HubDeliveries,
  type HubDeliveryWish,
  type HubEvents,
  type HubImageContents,
  type HubImagePage,
  type HubMadeToken,
  type HubMe,
  type HubMemberWish,
  type HubNamespace,
  type HubNamespacePage,
  type HubNamespaceWish,
  type HubPasswordWish,
  type HubRepositoryList,
  type HubRepositoryPage,
  type HubSignInWish,
  type HubTagList,
  type HubTokens,
  type HubTokenWish,
  type HubVisibilityWish,
  type HubWebhook,
  type HubWebhookList,
  type HubWebhookWish,
  hubRoutes,
  type Route,
} from '@drydock/sandbox-server/protocol';
import { refusalOf } from '../api.ts';

const patienceMs = 20_000;

type Query = Readonly<Record<string, string | undefined>>;

async function call<T>(route: Route, query: Query = {}, body?: object): Promise<T> {
  const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
  const search = given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
  const response = await fetch(route.path + search, {
    method: route.method,
    signal: AbortSignal.timeout(patienceMs),
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw await refusalOf(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export const hub = {
  me: () => call<HubMe>(hubRoutes.hubMe),
  signIn: (wish: HubSignInWish) => call<HubMe>(hubRoutes.hubSignIn, {}, wish),
  signOut: () => call<void>(hubRoutes.hubSignOut),
  setPassword: (wish: HubPasswordWish) => call<void>(hubRoutes.hubPassword, {}, wish),
  list: (text: string, namespace?: string, after = '') =>
    call<HubRepositoryList>(hubRoutes.hubRepositories, { text, namespace, after }),
  namespace: (name: string) => call<HubNamespacePage>(hubRoutes.hubNamespace, { name }),
  makeNamespace: (wish: HubNamespaceWish) => call<HubNamespace>(hubRoutes.hubMakeNamespace, {}, wish),
  setNamespaceVisibility: (wish: HubNamespaceWish) => call<HubNamespace>(hubRoutes.hubNamespaceVisibility, {}, wish),
  setMember: (wish: HubMemberWish) => call<HubNamespace>(hubRoutes.hubMember, {}, wish),
  repository: (repository: string) => call<HubRepositoryPage>(hubRoutes.hubRepository, { repository }),
  setVisibility: (wish: HubVisibilityWish) => call<void>(hubRoutes.hubVisibility, {}, wish),
  removeRepository: (repository: string) => call<void>(hubRoutes.hubRemoveRepository, { repository }),
  tags: (repository: string, skip = 0) => call<HubTagList>(hubRoutes.hubTags, { repository, skip: String(skip) }),
  image: (repository: string, reference: string) => call<HubImagePage>(hubRoutes.hubImage, { repository, reference }),
  deleteTag: (repository: string, tag: string, digest: string) =>
    call<void>(hubRoutes.hubDeleteTag, { repository, tag, digest }),
  contents: (repository: string, reference: string) =>
    call<HubImageContents>(hubRoutes.hubContents, { repository, reference }),
  events: (namespace: string, before?: number) =>
    call<HubEvents>(hubRoutes.hubEvents, { namespace, before: before?.toString() }),
  tokens: (account: string) => call<HubTokens>(hubRoutes.hubTokens, { account }),
  makeToken: (wish: HubTokenWish) => call<HubMadeToken>(hubRoutes.hubMakeToken, {}, wish),
  revokeToken: (account: string, id: string) => call<void>(hubRoutes.hubRevokeToken, { account, id }),
  webhooks: (namespace: string) => call<HubWebhookList>(hubRoutes.hubWebhooks, { namespace }),
  makeWebhook: (wish: HubWebhookWish) => call<HubWebhook>(hubRoutes.hubMakeWebhook, {}, wish),
  removeWebhook: (namespace: string, id: string) => call<void>(hubRoutes.hubRemoveWebhook, { namespace, id }),
  deliveries: (namespace: string, id: string) => call<HubDeliveries>(hubRoutes.hubDeliveries, { namespace, id }),
  deliver: (wish: HubDeliveryWish) => call<void>(hubRoutes.hubDeliver, {}, wish),
};

/** What went wrong, in a sentence for whoever reads it. */
export function sentenceFor(error: unknown): string {
  if (error instanceof Error && error.name === 'ServerRefusal') return error.message;
  return 'The server does not answer. Perhaps it is restarting, or the line to it is broken: try again in a moment.';
}
