// A hub with one mirror, as the tests of pull-through have it, and what they look at of its answers.

import type http from 'node:http';
import type { Mirror } from '../../../runtime/hub/mirrors/mirrors-file.ts';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { basic, OwnHub, type OwnHubOptions } from '../../support/own-hub.ts';
import type { Answer } from '../../support/own-registry.ts';

export const password = 'correct horse';
export const ada = basic('ada', password);
/** Of the mirror. */
export const name = 'registry.example.org';
export const image = `${name}/team/app`;

export const mirrorOf = (origin: string, login: Mirror['login'] = null): Mirror => ({
  ...{ name, origin, prefix: '', login },
});

/** A mirror of `origin`, where `mirrors` says nothing else; with an account `ada`. */
export async function openMirror(origin: string, mirrors: Partial<OwnHubOptions['mirrors']>): Promise<OwnHub> {
  const hub = await OwnHub.open({ mirrors: { of: [mirrorOf(origin)], ...mirrors } });
  await createAccount(hub.accounts, { name: 'ada', password });
  return hub;
}

export const ask = (hub: OwnHub, line: string, headers: http.OutgoingHttpHeaders = ada): Promise<Answer> =>
  hub.ask(line, { headers });

interface Errors {
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}

export const code = (answer: Answer): string => (answer.json() as Errors).errors[0]?.code ?? '';
export const message = (answer: Answer): string => (answer.json() as Errors).errors[0]?.message ?? '';
