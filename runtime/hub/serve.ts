// The hub over HTTP: the registry, and the tokens for it.

import type { Logger } from 'pino';
import { type EntranceOf, tokenPath } from '../registry/accounts/entrance.ts';
import { accountsGate } from '../registry/accounts/gate.ts';
import type { HubAccounts } from '../registry/accounts/hub-accounts.ts';
import { tokenHandler } from '../registry/accounts/token-endpoint.ts';
import { type RegistryHandler, registryHandler } from '../registry/http/serve.ts';
import type { MirroredRepositories } from '../registry/mirrored.ts';
import type { OfficialRepositories } from '../registry/official.ts';

export interface HubService {
  readonly accounts: HubAccounts;
  readonly official: OfficialRepositories;
  readonly mirrors: MirroredRepositories;
  readonly entranceOf: EntranceOf;
  readonly log: Logger;
}

/** Never throws. */
export function hubHandler({ accounts, official, mirrors, entranceOf, log }: HubService): RegistryHandler {
  const { registry } = accounts;
  const handle = registryHandler({
    registry,
    gate: accountsGate(accounts, entranceOf),
    official,
    mirrored: mirrors,
    log,
  });
  const giveToken = tokenHandler({ accounts, entranceOf, log });
  return (request, response) => {
    const isToken = (request.url ?? '').split('?', 1)[0] === tokenPath;
    return isToken ? giveToken(request, response) : handle(request, response);
  };
}
