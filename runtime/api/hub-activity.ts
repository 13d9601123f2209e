// The part of the engine's own API about what happens on the hub. The shapes are those of `client-hub-activity.ts`.

import { z } from 'zod';
import type { HubAction, HubEvent, HubFigures } from '../client-hub-activity.ts';
import { EngineError } from '../errors.ts';
import type { Mirrors } from '../hub/mirrors/mirrors.ts';
import { maxEventsPerAnswer } from '../limits.ts';
import type { HubAccounts } from '../registry/accounts/hub-accounts.ts';
import { auditActions, type StoredEvent } from '../registry/audit.ts';
import type { Webhooks } from '../registry/webhooks/webhooks.ts';
import type { Routes } from './router.ts';

const text = z.string().max(300).optional();
const filterSchema = z.strictObject({
  repository: text,
  namespace: text,
  who: text,
  action: z.enum(auditActions).optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  before: z.coerce.number().int().positive().optional(),
  most: z.coerce.number().int().min(1).max(maxEventsPerAnswer).default(100),
});

const isTold = (event: StoredEvent): event is StoredEvent & { action: HubAction } => event.action !== 'pull-blob';

export interface ActivityParts {
  readonly accounts: HubAccounts;
  readonly webhooks: Webhooks;
  readonly mirrors: Pick<Mirrors, 'stale'>;
}

function figuresOf({ accounts, webhooks, mirrors }: ActivityParts): HubFigures {
  const { figures, database } = accounts.registry;
  const { pushes, pulls, deletions, fetches, pushedBytes, pulledBytes, collections, collectedBytes } = figures;
  const now = database.get(
    'SELECT count(*) AS blobs, coalesce(sum(size), 0) AS bytes, (SELECT count(*) FROM repository) AS repositories FROM blob',
  );
  return {
    ...{ pushes, pulls, deletions, fetches, pushedBytes, pulledBytes, collections, collectedBytes },
    fetchedBytes: figures.fetchedBytes,
    staleAnswers: mirrors.stale,
    refusedLogins: accounts.login.refused,
    refusedPulls: accounts.pulls.refused,
    deliveries: webhooks.counts,
    repositories: Number(now?.repositories ?? 0),
    blobs: Number(now?.blobs ?? 0),
    blobBytes: Number(now?.bytes ?? 0),
  };
}

export function hubActivityRoutes<Subject>(partsOf: (subject: Subject) => ActivityParts): Routes<Subject> {
  return {
    'GET /hub/events': async (exchange) => {
      const { data, error } = filterSchema.safeParse(Object.fromEntries(exchange.query));
      if (!data) throw new EngineError('invalid', z.prettifyError(error));
      const { most, since, ...filter } = data;
      const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
      const { audit } = partsOf(exchange.subject).accounts.registry;
      const found = await audit.search({ ...given, ...(since !== undefined && { since: Date.parse(since) }) }, most);
      const events = found
        .filter(isTold)
        .map((event): HubEvent => ({ ...event, at: new Date(event.at).toISOString() }));
      exchange.answer(200, events);
    },
    'GET /hub/figures': (exchange) => exchange.answer(200, figuresOf(partsOf(exchange.subject))),
  };
}
