// What the server and the `drydock` command ask of the hub over the engine's socket.

import type { CheckReport } from './client-check.ts';
import { type HubActivity, hubActivity } from './client-hub-activity.ts';
import type { HubImageContents, HubImageContentsWish } from './client-hub-contents.ts';
import { type HubPageChanges, type HubPages, hubPages } from './client-hub-pages.ts';
import { type EngineCall, type HubPeople, hubPeople } from './client-hub-people.ts';
import { type HubWebhooks, hubWebhooks } from './client-hub-webhooks.ts';

export interface HubRepository {
  readonly name: string;
  readonly tags: number;
  readonly manifests: number;
  /** Of its blobs, those that other repositories have too among them. */
  readonly bytes: number;
  readonly visibility: 'public' | 'private';
  /** Of the last 30 days. */
  readonly pulls: number;
  /** RFC 3339; null where nothing was pushed. */
  readonly pushedAt: string | null;
}

/** A tag, and the image that it names now. */
export interface HubTag {
  readonly name: string;
  /** Of its manifest or index. */
  readonly digest: string;
  /** Of the image, for this machine where there are several; null where that is not known. */
  readonly imageId: string | null;
  /** Of that image's layers, as they are sent. */
  readonly bytes: number | null;
  /** Milliseconds since 1970. */
  readonly movedAt: number;
}

export interface HubRepositoryNow {
  readonly name: string;
  readonly visibility: 'public' | 'private';
  /** Those that moved last come first; 100 at most. */
  readonly tags: readonly HubTag[];
}

export interface HubReport {
  /** By name, without the official ones. */
  readonly repositories: readonly HubRepository[];
  /** Of all blobs, each counted once. */
  readonly blobs: number;
  readonly bytes: number;
  readonly accounts: number;
}

export interface HubCollection {
  readonly uploads: number;
  readonly blobs: number;
  readonly bytes: number;
}

/** A name and a password for `docker login`. */
export interface HubLogin {
  readonly name: string;
  readonly password: string;
}

export interface HubClient extends HubPeople, HubWebhooks, HubActivity {
  readonly pages: HubPages & HubPageChanges;
  report(): Promise<HubReport>;
  /** What a repository holds now; null where there is none of that name. Asks nobody's rights. */
  repository(name: string): Promise<HubRepositoryNow | null>;
  /** The same of a namespace's, by name, without `imageId` and `bytes`; 30 at most. */
  repositories(namespace: string): Promise<readonly HubRepositoryNow[]>;
  /** Removes what nobody needs. `now`: blobs too that were sent a moment ago, which a push may be about to name. */
  collect(now: boolean): Promise<HubCollection>;
  /** Whether its tables and files agree. Changes nothing. */
  check(): Promise<CheckReport>;
  /** The lab's account of that name, or a new one with a name that nobody has: the same password each time. Throws conflict. */
  session(name?: string): Promise<HubLogin>;
  /** What is in an image. Throws notFound where there is none of that name, or it is not for whoever asks; invalid. */
  contents(wish: HubImageContentsWish): Promise<HubImageContents>;
}

/** Each is a request to the engine. */
export function hubClient(call: EngineCall): HubClient {
  return {
    ...hubPeople(call),
    pages: hubPages(call),
    ...hubWebhooks(call),
    ...hubActivity(call),
    report: () => call('GET', '/hub'),
    repository: (name) => call('POST', '/hub/look', { repository: name }),
    repositories: (namespace) => call('POST', '/hub/look', { namespace }),
    collect: (now) => call('POST', `/hub/collect?now=${now}`),
    check: () => call('POST', '/hub/check'),
    session: (name) => call('POST', '/hub/sessions', { ...(name !== undefined && { name }) }),
    contents: (wish) => call('POST', '/hub/contents', wish),
  };
}
