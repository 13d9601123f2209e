// The hub's pages: the routes below `/api/hub`, and what they answer with. What is in an image is somebody's words: to be shown as
// text, and never as a page, a path or an address.

export type {
  HubChild,
  HubContents,
  HubIdentity,
  HubImagePage,
  HubMe,
  HubNamespacePage,
  HubPlatform,
  HubRepositoryList,
  HubRepositoryPage,
  HubSeenConfig,
  HubSeenEvent,
  HubSeenLayer,
  HubSeenNamespace,
  HubSeenReferrer,
  HubSeenRepository,
  HubSeenTag,
  HubStep,
  HubTagList,
} from '@drydock/runtime/hub-pages';

import type { HubMe, HubSeenEvent, HubSeenRepository, HubSeenTag } from '@drydock/runtime/hub-pages';
import type { HubAccessToken, HubNamespace, HubTokenScope, HubVisibility } from '@drydock/runtime/hub-people';

import type { HubDelivery, HubWebhook, HubWebhookAction } from '@drydock/runtime/hub-webhooks';

export type {
  HubImageContents,
  HubPackage,
  HubUnknown,
  HubUpdates,
  HubVulnerabilities,
  HubVulnerability,
  HubVulnerabilityStatus,
} from '@drydock/runtime/hub-contents';
export type { HubAccessToken, HubDelivery, HubNamespace, HubTokenScope, HubVisibility, HubWebhook, HubWebhookAction };

/**
 * Whoever calls may what their accounts may: the one they have signed in with, and those of this browser's labs. What they may not see
 * is 404, as what is not there; what they may see and not change is 403.
 */
export const hubRoutes = {
  /** Who the hub takes this browser for: `HubMe`; nobody without a cookie of ours. */
  hubMe: { method: 'GET', path: '/api/hub/me', access: 'anyone' },
  /** `HubSignInWish` -> `HubMe`. Sets a cookie of its own. 403 where the password is wrong, 429 after too many wrong ones. */
  hubSignIn: { method: 'POST', path: '/api/hub/sign-in', access: 'anyone' },
  /** 204. The cookie is of no use any more. */
  hubSignOut: { method: 'DELETE', path: '/api/hub/sign-in', access: 'anyone' },
  /** `HubPasswordWish` -> 204. Ends all other sign-ins. */
  hubPassword: { method: 'PUT', path: '/api/hub/password', access: 'account' },
  /** `?text=&namespace=&after=` -> `HubRepositoryList`. */
  hubRepositories: { method: 'GET', path: '/api/hub/repositories', access: 'anyone' },
  /** `?name=` -> `HubNamespacePage`. */
  hubNamespace: { method: 'GET', path: '/api/hub/namespace', access: 'anyone' },
  /** `HubNamespaceWish` -> `HubNamespace`. */
  hubMakeNamespace: { method: 'POST', path: '/api/hub/namespace', access: 'account' },
  /** `HubNamespaceWish` -> `HubNamespace`. */
  hubNamespaceVisibility: { method: 'PUT', path: '/api/hub/namespace', access: 'account' },
  /** `HubMemberWish` -> `HubNamespace`. */
  hubMember: { method: 'PUT', path: '/api/hub/member', access: 'account' },
  /** `?repository=` -> `HubRepositoryPage`. */
  hubRepository: { method: 'GET', path: '/api/hub/repository', access: 'anyone' },
  /** `HubVisibilityWish` -> 204. */
  hubVisibility: { method: 'PUT', path: '/api/hub/repository', access: 'account' },
  /** `?repository=` -> 204: with all that is in it. */
  hubRemoveRepository: { method: 'DELETE', path: '/api/hub/repository', access: 'account' },
  /** `?repository=&skip=` -> `HubTagList`. */
  hubTags: { method: 'GET', path: '/api/hub/tags', access: 'anyone' },
  /** `?repository=&tag=&digest=` -> 204; 412 where the tag stands for another digest by now. */
  hubDeleteTag: { method: 'DELETE', path: '/api/hub/tag', access: 'account' },
  /** `?repository=&reference=` -> `HubImagePage`; the reference is a tag or a digest. */
  hubImage: { method: 'GET', path: '/api/hub/image', access: 'anyone' },
  /** `?repository=&reference=` -> `HubImageContents`: its packages, and what is known of them; to be asked again while it is coming. */
  hubContents: { method: 'GET', path: '/api/hub/contents', access: 'anyone' },
  /** `?namespace=&before=` -> `HubEvents`, the newest first. */
  hubEvents: { method: 'GET', path: '/api/hub/events', access: 'account' },
  /** `?account=` -> `HubTokens`. */
  hubTokens: { method: 'GET', path: '/api/hub/tokens', access: 'account' },
  /** `HubTokenWish` -> `HubMadeToken`. */
  hubMakeToken: { method: 'POST', path: '/api/hub/tokens', access: 'account' },
  /** `?account=&id=` -> 204. */
  hubRevokeToken: { method: 'DELETE', path: '/api/hub/tokens', access: 'account' },
  /** `?namespace=` -> `HubWebhookList`. */
  hubWebhooks: { method: 'GET', path: '/api/hub/webhooks', access: 'account' },
  /** `HubWebhookWish` -> `HubWebhook`. 403 where it may not go there. */
  hubMakeWebhook: { method: 'POST', path: '/api/hub/webhooks', access: 'account' },
  /** `?namespace=&id=` -> 204. */
  hubRemoveWebhook: { method: 'DELETE', path: '/api/hub/webhooks', access: 'account' },
  /** `?namespace=&id=` -> `HubDeliveries`, the newest first. */
  hubDeliveries: { method: 'GET', path: '/api/hub/deliveries', access: 'account' },
  /** `HubDeliveryWish` -> 204: sends one again, or one that tells of no event. */
  hubDeliver: { method: 'POST', path: '/api/hub/deliveries', access: 'account' },
  /** What this lab's account has on the hub: `LabRepositories`. */
  labRepositories: { method: 'GET', path: '/api/sessions/:session/hub', access: 'owner' },
} as const;

export interface HubSignInWish {
  readonly name: string;
  readonly password: string;
}
export interface HubPasswordWish {
  readonly current: string;
  readonly next: string;
}
export interface HubNamespaceWish {
  readonly name: string;
  readonly visibility: HubVisibility;
}
export interface HubMemberWish {
  readonly namespace: string;
  readonly account: string;
  /** Null: they belong to it no more. */
  readonly access: 'read' | 'write' | null;
}
export interface HubVisibilityWish {
  readonly repository: string;
  /** Null: as its namespace has it. */
  readonly visibility: HubVisibility | null;
}
export interface HubTokenWish {
  readonly account: string;
  readonly name: string;
  readonly scope: HubTokenScope;
  /** Null: it does not expire. */
  readonly days: number | null;
}
export interface HubWebhookWish {
  readonly namespace: string;
  readonly url: string;
  /** May be empty. */
  readonly name: string;
  readonly actions: readonly HubWebhookAction[];
}
export interface HubWebhookList {
  readonly webhooks: readonly HubWebhook[];
  /** Where webhooks may go to besides hosts of the lab (`http://HOST.lab:PORT/`). May be empty. */
  readonly places: readonly string[];
}
export interface HubDeliveries {
  readonly deliveries: readonly HubDelivery[];
}
export interface HubDeliveryWish {
  readonly namespace: string;
  readonly webhook: string;
  /** The one that is sent again; null: one that tells of no event. */
  readonly delivery: number | null;
}
export interface HubTokens {
  readonly tokens: readonly HubAccessToken[];
}
export interface HubMadeToken extends HubAccessToken {
  /** Told this one time. */
  readonly secret: string;
}
export interface HubEvents {
  readonly events: readonly HubSeenEvent[];
}

/** A lab's own repositories, with the tags that moved last. */
export interface LabRepositories {
  /** The lab's namespace; null while the lab has none. */
  readonly namespace: HubMe['identities'][number]['account'] | null;
  readonly repositories: readonly (HubSeenRepository & { readonly newest: readonly HubSeenTag[] })[];
  /** There are more than are told. */
  readonly more: boolean;
}

/** What one of the hub's pages is about, by its address: `/hub/NAMESPACE`, `/hub/REPOSITORY`, `/hub/REPOSITORY:TAG` or `@DIGEST`. */
export type HubPlace =
  | { readonly kind: 'search' }
  | { readonly kind: 'sign-in' }
  | { readonly kind: 'account' }
  | { readonly kind: 'namespace'; readonly namespace: string }
  | { readonly kind: 'repository'; readonly repository: string }
  | { readonly kind: 'image'; readonly repository: string; readonly reference: string };

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const namePattern = new RegExp(`^${component}$`);
const imagePattern = new RegExp(
  `^(${component}(?:/${component})+)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127})|@(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?$`,
);
const ownPages: Readonly<Record<string, HubPlace>> = {
  '': { kind: 'search' },
  '-/sign-in': { kind: 'sign-in' },
  '-/account': { kind: 'account' },
};

/** Null for what is no address of the hub's. */
export function hubPlaceOf(path: string): HubPlace | null {
  const rest = /^\/hub\/(.{0,600})$/.exec(path)?.[1];
  if (rest === undefined) return null;
  const own = ownPages[rest];
  if (own) return own;
  if (namePattern.test(rest)) return { kind: 'namespace', namespace: rest };
  const [, repository = '', tag, digest] = imagePattern.exec(rest) ?? [];
  const reference = tag ?? digest;
  if (repository === '') return null;
  return reference === undefined ? { kind: 'repository', repository } : { kind: 'image', repository, reference };
}

/** The address of a page; of a name that the engine has told, which has nothing in it that an address would take for its own. */
export function hubAddress(name: string, reference: string | null = null): string {
  if (reference === null) return `/hub/${name}`;
  return `/hub/${name}${reference.includes(':') ? '@' : ':'}${reference}`;
}
