// What happens on the hub, as the server and the `drydock` command ask the engine about it: events and figures.

import type { EngineCall } from './client-hub-people.ts';

export type HubAction =
  | 'push'
  | 'pull'
  | 'delete'
  | 'delete-repository'
  | 'fetch'
  | 'push-blob'
  | 'mount-blob'
  | 'delete-blob';

export interface HubEvent {
  /** Later ones have greater numbers. */
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
  readonly action: HubAction;
  /** The account; null where nobody had logged in, or the operator did it. */
  readonly who: string | null;
  readonly repository: string;
  /** The tag; the repository that a blob was mounted from; null where there is none. */
  readonly reference: string | null;
  readonly digest: string | null;
  /** Of the manifest or blob. */
  readonly bytes: number | null;
}

export interface HubEventFilter {
  readonly repository?: string;
  readonly namespace?: string;
  readonly who?: string;
  readonly action?: HubAction;
  /** RFC 3339. */
  readonly since?: string;
  /** Those before the event with that number: the next page. */
  readonly before?: number;
  /** 100 where left out, 1000 at most. */
  readonly most?: number;
}

/** Counters are of the time since the engine was started. */
export interface HubFigures {
  readonly pushes: number;
  readonly pulls: number;
  readonly deletions: number;
  readonly fetches: number;
  readonly pushedBytes: number;
  readonly pulledBytes: number;
  /** Of other registries' manifests and blobs. */
  readonly fetchedBytes: number;
  /** Answers of what was here, while another registry was away. */
  readonly staleAnswers: number;
  readonly collections: number;
  readonly collectedBytes: number;
  readonly refusedLogins: number;
  /** Pulls that were over a limit. */
  readonly refusedPulls: number;
  readonly deliveries: { readonly delivered: number; readonly failed: number; readonly waiting: number };
  /** Now. */
  readonly repositories: number;
  readonly blobs: number;
  readonly blobBytes: number;
}

export interface HubActivity {
  /** The newest first. */
  events(filter?: HubEventFilter): Promise<readonly HubEvent[]>;
  figures(): Promise<HubFigures>;
}

/** Each is a request to the engine. */
export function hubActivity(call: EngineCall): HubActivity {
  return {
    events: (filter = {}) => {
      const given = Object.entries(filter).map(([name, value]) => [name, String(value)]);
      return call('GET', `/hub/events?${new URLSearchParams(given)}`);
    },
    figures: () => call('GET', '/hub/figures'),
  };
}
