// A hub with a namespace `team`, people of every kind, and what each of them shows: for the tests of who may what.

import type http from 'node:http';
import { Readable } from 'node:stream';
import { tokenScopes } from '../../../runtime/registry/accounts/access-tokens.ts';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { basic, OwnHub } from '../../support/own-hub.ts';
import { type Answer, sha256 } from '../../support/own-registry.ts';
import { mediaTypes } from './contents.ts';

export const password = 'correct horse';
export const blob = 'what ada keeps';
export const digest = sha256(blob);
export const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: blob.length },
  layers: [],
});
export const manifestDigest = sha256(manifest);

/**
 * Repositories of the namespace `team`, which ada owns, of two labs, and `library/image`; each but `missing` holds the blob and the
 * manifest with the tag 1.
 */
export const repositories = [
  'team/public',
  'team/private',
  'team/missing',
  'lab-1/public',
  'lab-1/private',
  'library/image',
  'nobody/image',
  'image',
] as const;
export type Repository = (typeof repositories)[number];

export interface Team extends AsyncDisposable {
  readonly hub: OwnHub;
  /** What each kind of person sends to get a token, and whether it is a secret that is right. */
  readonly people: ReadonlyMap<string, { readonly headers: http.OutgoingHttpHeaders; readonly isSomebody: boolean }>;
  /** Tokens that were good once. */
  readonly stale: ReadonlyMap<string, http.OutgoingHttpHeaders>;
  ask(line: string, body: string | undefined, headers: http.OutgoingHttpHeaders): Promise<Answer>;
}

export async function fillBlob(hub: OwnHub, repository: string, content: string): Promise<void> {
  const sender = { who: null, mayPull: () => false };
  const body = Readable.from([Buffer.from(content)]);
  await hub.registry.blobs.take({ repository, digest: sha256(content), ...sender }, body);
}

/** Gives it the blob, and the manifest with the tag 1. */
export async function fill(hub: OwnHub, repository: string): Promise<void> {
  await fillBlob(hub, repository, blob);
  const [contentType, body] = [mediaTypes.ociManifest, Buffer.from(manifest)];
  await hub.registry.manifests.put({
    repository,
    reference: '1',
    digest: null,
    tags: [],
    contentType,
    body,
    who: null,
  });
}

export async function openTeam(): Promise<Team> {
  const hub = await OwnHub.open();
  const people = new Map<string, { headers: http.OutgoingHttpHeaders; isSomebody: boolean }>();
  const stale = new Map<string, http.OutgoingHttpHeaders>();
  const { accounts } = hub;
  for (const name of ['ada', 'writer', 'reader', 'stranger', 'gone']) await createAccount(accounts, { name, password });
  const named = (name: string) => accounts.accounts.need(name);
  const [lab, otherLab] = await accounts.change(() => [
    accounts.sessions.ensure('lab-1'),
    accounts.sessions.ensure('lab-2'),
  ]);
  await accounts.change(() => {
    accounts.namespaces.add('team', named('ada'), 'public');
    accounts.namespaces.setMember('team', named('writer'), 'write');
    accounts.namespaces.setMember('team', named('reader'), 'read');
    accounts.setVisibility('team/private', 'private');
    accounts.setVisibility('lab-1/private', 'private');
  });
  for (const repository of repositories) if (repository !== 'team/missing') await fill(hub, repository);
  const add = (kind: string, name: string, secret: string, isSomebody = true) =>
    people.set(kind, { headers: basic(name, secret), isSomebody });
  people.set('nobody', { headers: {}, isSomebody: true });
  for (const name of ['ada', 'writer', 'reader', 'stranger']) add(name, name, password);
  for (const scope of tokenScopes) {
    const { secret } = accounts.tokens.add(named('ada'), { name: scope, scope, expires: null });
    add(`ada with a token to ${scope}`, 'ada', secret);
  }
  add('lab', lab.name, lab.password);
  add('other lab', otherLab.name, otherLab.password);
  const { secret: toRead } = accounts.tokens.add(named('lab-1'), { name: 'read', scope: 'read', expires: null });
  add('lab with a token to read', 'lab-1', toRead);
  add('wrong password', 'ada', 'wrong horse', false);
  const scopes = ['repository:team/private:pull,push,delete', 'repository:team/public:pull,push,delete'];
  stale.set('expired', await hub.tokenHeader(scopes, basic('ada', password)));
  hub.clock.pass(5 * 60_000);
  await accounts.change(() => accounts.namespaces.setMember('team', named('gone'), 'write'));
  stale.set('removed account', await hub.tokenHeader(scopes, basic('gone', password)));
  await accounts.change(() => accounts.removeAccount('gone'));
  const revoked = accounts.tokens.add(named('ada'), { name: 'revoked', scope: 'delete', expires: null });
  stale.set('revoked', await hub.tokenHeader(scopes, basic('ada', revoked.secret)));
  await accounts.change(() => accounts.tokens.revoke(named('ada'), revoked.id));
  add('revoked access token', 'ada', revoked.secret, false);
  const short = accounts.tokens.add(named('ada'), { name: 'short', scope: 'delete', expires: hub.clock.wallMs + 1000 });
  stale.set('its access token has expired', await hub.tokenHeader(scopes, basic('ada', short.secret)));
  hub.clock.pass(1000);
  add('expired access token', 'ada', short.secret, false);
  return {
    hub,
    people,
    stale,
    ask: (line, body, headers) =>
      hub.ask(line, {
        headers: { 'Content-Type': mediaTypes.ociManifest, ...headers },
        ...(body !== undefined && { body }),
      }),
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  };
}

/** All that there is to ask for. */
export const scopesOf = (repository: string): string[] => [
  `repository:${repository}:pull,push,delete`,
  'registry:catalog:*',
];
