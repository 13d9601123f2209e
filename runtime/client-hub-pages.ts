// What the hub's pages show and do, as the server asks the engine for it. Who looks at a page is told with each request, and the engine
// decides what they may. Texts of images are one line each, without control characters; they are somebody's words all the same.

import type { HubAccessToken, HubNamespace, HubRights, HubTokenScope, HubVisibility } from './client-hub-people.ts';

/** Whoever looks at a page: they may what any of their accounts may. */
export interface HubAsker {
  /** The account that they have signed in with; null where they have not. */
  readonly login: HubSignIn | null;
  /** The engine's names of the hosts of their labs: they have the labs' accounts. */
  readonly hosts: readonly string[];
}

/** Whose password was right. Of no use any more once the password was changed, or the account removed. */
export interface HubSignIn {
  readonly account: string;
  readonly stamp: string;
}

export interface HubIdentity {
  readonly account: string;
  readonly kind: 'account' | 'session';
}

export interface HubSeenNamespace {
  readonly name: string;
  readonly role: 'owner' | 'write' | 'read';
}

/** Who the hub takes somebody for. */
export interface HubMe {
  /** The account that they signed in with comes first. */
  readonly identities: readonly HubIdentity[];
  /** Their own first. */
  readonly namespaces: readonly HubSeenNamespace[];
}

export interface HubSeenRepository {
  readonly name: string;
  readonly isOfficial: boolean;
  /** Of an official one, what it is; else empty. */
  readonly summary: string;
  readonly visibility: HubVisibility;
  readonly tags: number;
  /** RFC 3339; null where nothing was pushed. */
  readonly pushedAt: string | null;
  /** In the last 30 days. */
  readonly pulls: number;
}

export interface HubRepositoryList {
  readonly repositories: readonly HubSeenRepository[];
  /** Where to go on; null at the end. The next list may be empty and still have more behind it. */
  readonly next: string | null;
}

export interface HubPlatform {
  readonly os: string;
  readonly architecture: string;
  /** Empty where there is none. */
  readonly variant: string;
}

/** What a manifest holds, as far as a list tells it. */
export interface HubContents {
  readonly digest: string;
  readonly mediaType: string;
  readonly kind: 'image' | 'index' | 'artifact';
  /** Of what a pull of it brings: layers and configuration, or all images of the index that are there; null for too many. */
  readonly bytes: number | null;
  readonly platforms: readonly HubPlatform[];
}

export interface HubSeenTag {
  readonly name: string;
  /** Null where an official image has not been built yet, and where a manifest is too large to be looked into. */
  readonly contents: HubContents | null;
  /** Empty for an official image that has not been built yet. */
  readonly digest: string;
  /** RFC 3339; null for official images. */
  readonly movedAt: string | null;
  /** The account; null where nobody had logged in, and for official images. */
  readonly movedBy: string | null;
}

export interface HubTagList {
  /** Those that moved last come first. */
  readonly tags: readonly HubSeenTag[];
  /** How many are before the next ones; null at the end. */
  readonly next: number | null;
}

export interface HubRepositoryPage extends HubSeenRepository {
  /** Said of this repository alone; null where it is as its namespace has it. */
  readonly ownVisibility: HubVisibility | null;
  readonly namespaceVisibility: HubVisibility;
  readonly rights: HubRights;
  /** Whether they may say who sees it. */
  readonly isOwner: boolean;
  /** Of its blobs. */
  readonly bytes: number;
  readonly pullsByDay: readonly { readonly day: string; readonly pulls: number }[];
}

export interface HubSeenLayer {
  readonly digest: string;
  /** Of its content without compression, as hosts know it; empty where the configuration does not say. */
  readonly diffId: string;
  readonly mediaType: string;
  readonly bytes: number;
}

/** What made an image, from the bottom up. */
export interface HubStep {
  /** As the image's history has it: somebody's words. */
  readonly createdBy: string;
  readonly comment: string;
  /** Null for a step that changed the configuration alone. */
  readonly layer: HubSeenLayer | null;
}

export interface HubSeenConfig {
  readonly digest: string;
  /** As the image says it; empty where it does not. */
  readonly createdAt: string;
  readonly author: string;
  readonly platform: HubPlatform;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly workingDirectory: string;
  readonly user: string;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: readonly (readonly [string, string])[];
  readonly stopSignal: string;
  readonly healthcheck: readonly string[];
}

export interface HubChild {
  readonly digest: string;
  readonly mediaType: string;
  readonly platform: HubPlatform | null;
  readonly isThere: boolean;
  /** Of the image; null where it is not in the repository, or has too many layers. */
  readonly bytes: number | null;
  /** It tells how another was built, and is not meant to be run. */
  readonly isAttestation: boolean;
}

export interface HubSeenReferrer {
  readonly digest: string;
  readonly artifactType: string;
  readonly bytes: number;
  readonly annotations: readonly (readonly [string, string])[];
}

export interface HubImagePage {
  readonly repository: string;
  /** Null where the page was asked for by its digest. */
  readonly tag: string | null;
  readonly isOfficial: boolean;
  readonly rights: HubRights;
  /** Null where an official image has not been built yet. */
  readonly contents: HubContents | null;
  /** What is done for an official image that has not been built yet, in words. */
  readonly waitsFor: string;
  /** Of the manifest itself, as below. */
  readonly manifestBytes: number;
  /** RFC 3339. */
  readonly pushedAt: string | null;
  readonly pushedBy: string | null;
  /** Others of the repository that stand for the same. */
  readonly tags: readonly string[];
  /** From the bottom up; layers without history have empty words. */
  readonly steps: readonly HubStep[];
  /** Null for what is no image, and where it is not there or too large. */
  readonly config: HubSeenConfig | null;
  readonly children: readonly HubChild[];
  readonly referrers: readonly HubSeenReferrer[];
}

export interface HubSeenEvent {
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
  readonly action: 'push' | 'pull' | 'delete' | 'delete-repository';
  readonly who: string | null;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

export interface HubNamespacePage {
  readonly name: string;
  readonly isOfficial: boolean;
  readonly role: 'owner' | 'write' | 'read' | null;
  /** For those who belong to it; null for all others. */
  readonly people: HubNamespace | null;
}

/** All throw EngineError: notFound also for what they may not see; forbidden; invalid; conflict. */
export interface HubPages {
  me(asker: HubAsker): Promise<HubMe>;
  /** Those whose names hold `text`; of one namespace, where it is named. */
  list(
    asker: HubAsker,
    wanted: { readonly text: string; readonly namespace: string | null; readonly after: string },
  ): Promise<HubRepositoryList>;
  namespacePage(asker: HubAsker, namespace: string): Promise<HubNamespacePage>;
  repositoryPage(asker: HubAsker, repository: string): Promise<HubRepositoryPage>;
  tagPage(asker: HubAsker, repository: string, skip: number): Promise<HubTagList>;
  /** `reference` is a tag or a digest. */
  imagePage(asker: HubAsker, repository: string, reference: string): Promise<HubImagePage>;
  /** The tag must still stand for `digest`: conflict where somebody has moved it. */
  deleteTag(asker: HubAsker, repository: string, tag: string, digest: string): Promise<void>;
  /** Newest first, before the event with that number. For the namespace's owner alone. */
  events(asker: HubAsker, namespace: string, before: number | null): Promise<readonly HubSeenEvent[]>;
}

/** What people change on the pages. All throw EngineError: notFound also for what is none of theirs; forbidden; invalid; conflict. */
export interface HubPageChanges {
  /** Null: as its namespace has it. */
  setVisibility(asker: HubAsker, repository: string, visibility: HubVisibility | null): Promise<void>;
  removeRepository(asker: HubAsker, repository: string): Promise<void>;
  setNamespaceVisibility(asker: HubAsker, namespace: string, visibility: HubVisibility): Promise<HubNamespace>;
  /** Null: the account belongs to it no more. */
  setMember(
    asker: HubAsker,
    namespace: string,
    account: string,
    access: 'read' | 'write' | null,
  ): Promise<HubNamespace>;
  /** Of the account that they have signed in with. */
  makeNamespace(asker: HubAsker, name: string, visibility: HubVisibility): Promise<HubNamespace>;
  tokens(asker: HubAsker, account: string): Promise<readonly HubAccessToken[]>;
  /** The secret is told this one time. It expires after `days`; null: never. */
  makeToken(
    asker: HubAsker,
    account: string,
    wish: { readonly name: string; readonly scope: HubTokenScope; readonly days: number | null },
  ): Promise<HubAccessToken & { readonly secret: string }>;
  revokeToken(asker: HubAsker, account: string, id: string): Promise<void>;
  /** Ends all sign-ins but the one that is told. `source`: who asks, such as an address. Throws unauthorized and exhausted too. */
  setPassword(
    asker: HubAsker,
    wish: { readonly current: string; readonly next: string; readonly source: string },
  ): Promise<{ readonly stamp: string }>;
}

export function hubPages(
  call: <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>,
): HubPages & HubPageChanges {
  const ask = <Answer>(what: string, body: object): Promise<Answer> => call('POST', `/hub/pages/${what}`, body);
  return {
    me: (asker) => ask('me', { asker }),
    list: (asker, wanted) => ask('repositories', { asker, ...wanted }),
    namespacePage: (asker, namespace) => ask('namespace', { asker, namespace }),
    repositoryPage: (asker, repository) => ask('repository', { asker, repository }),
    tagPage: (asker, repository, skip) => ask('tags', { asker, repository, skip }),
    imagePage: (asker, repository, reference) => ask('image', { asker, repository, reference }),
    deleteTag: (asker, repository, tag, digest) => ask('delete-tag', { asker, repository, tag, digest }),
    events: (asker, namespace, before) => ask('events', { asker, namespace, before }),
    setVisibility: (asker, repository, visibility) => ask('visibility', { asker, repository, visibility }),
    removeRepository: (asker, repository) => ask('remove-repository', { asker, repository }),
    setNamespaceVisibility: (asker, namespace, visibility) =>
      ask('namespace-visibility', { asker, namespace, visibility }),
    setMember: (asker, namespace, account, access) => ask('member', { asker, namespace, account, access }),
    makeNamespace: (asker, name, visibility) => ask('make-namespace', { asker, name, visibility }),
    tokens: (asker, account) => ask('tokens-of', { asker, account }),
    makeToken: (asker, account, wish) => ask('make-token', { asker, account, ...wish }),
    revokeToken: (asker, account, id) => ask('revoke-token', { asker, account, id }),
    setPassword: (asker, wish) => ask('password', { asker, ...wish }),
  };
}
