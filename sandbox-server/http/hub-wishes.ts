// Parses what the hub's pages send. What a name may be is for the engine to say; here it is bounded.

import { z } from 'zod';

const name = z.string().min(1).max(255);
const repositoryName = { repository: name };
const visible = z.enum(['public', 'private']);

export const list = z.strictObject({
  text: z.string().max(255).default(''),
  namespace: name.exactOptional(),
  after: z.string().max(255).default(''),
});
export const namespace = z.strictObject({ name });
export const namespaceWish = z.strictObject({ name, visibility: visible });
export const member = z.strictObject({ namespace: name, account: name, access: z.enum(['read', 'write']).nullable() });
export const repository = z.strictObject(repositoryName);
export const visibility = z.strictObject({ ...repositoryName, visibility: visible.nullable() });
export const tags = z.strictObject({ ...repositoryName, skip: z.coerce.number().int().min(0).max(100_000).default(0) });
export const tag = z.strictObject({ ...repositoryName, tag: name, digest: name });
export const image = z.strictObject({ ...repositoryName, reference: name });
export const events = z.strictObject({
  namespace: name,
  before: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).exactOptional(),
});
export const account = z.strictObject({ account: name });
export const token = z.strictObject({
  account: name,
  name: z.string().max(255),
  scope: z.enum(['read', 'read-write', 'delete']),
  days: z.int().min(1).max(3650).nullable(),
});
export const tokenId = z.strictObject({ account: name, id: name });
export const webhooks = z.strictObject({ namespace: name });
export const webhook = z.strictObject({
  namespace: name,
  url: z.string().max(4000),
  name: z.string().max(255),
  actions: z.array(z.enum(['push', 'delete'])).max(2),
});
export const webhookId = z.strictObject({ namespace: name, id: name });
export const delivery = z.strictObject({ namespace: name, webhook: name, delivery: z.int().positive().nullable() });
export const signIn = z.strictObject({ name: z.string().max(255), password: z.string().max(1000) });
export const password = z.strictObject({ current: z.string().max(1000), next: z.string().max(1000) });
