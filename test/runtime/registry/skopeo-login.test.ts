// skopeo logs in to the hub: its client asks for tokens in its own way (all actions by `*`, one token a repository, Basic where it may).

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { OwnHub } from '../../support/own-hub.ts';
import { runUnpacked, unpacked } from '../../support/unpacked.ts';
import { fill } from './team.ts';

const skopeo = unpacked('skopeo');
let hub: OwnHub;

beforeAll(async () => {
  hub = await OwnHub.open();
  for (const name of ['ada', 'bob']) await createAccount(hub.accounts, { name, password: `password of ${name}` });
  await fill(hub, 'ada/app');
  await hub.accounts.change(() => hub.accounts.setVisibility('ada/app', 'private'));
});

afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
});

async function run(...args: string[]): Promise<string> {
  assert.ok(skopeo);
  return await runUnpacked(skopeo, ['--insecure-policy', ...args]);
}
const at = (name: string): string => `docker://${hub.domain}/${name}`;

test.skipIf(!skopeo)('skopeo logs in, lists, copies, deletes and logs out', async () => {
  const auth = `--authfile=${hub.directory}/auth.json`;
  const login = (password: string): Promise<string> =>
    run('login', auth, '--tls-verify=false', '--username', 'ada', '--password', password, hub.domain);
  await assert.rejects(login('wrong'), /invalid username\/password/);
  assert.match(await login('password of ada'), /Login Succeeded/);
  const tls = '--tls-verify=false';
  const tags = async (name: string): Promise<unknown> => JSON.parse(await run('list-tags', auth, tls, at(name))).Tags;
  assert.deepEqual(await tags('ada/app'), ['1']);
  await run('copy', auth, '--src-tls-verify=false', '--dest-tls-verify=false', at('ada/app:1'), at('ada/copy:2'));
  assert.deepEqual(await tags('ada/copy'), ['2']);
  await run('delete', auth, tls, at('ada/copy:2'));
  assert.deepEqual(await tags('ada/copy'), []);
  await run('logout', auth, hub.domain);
  await assert.rejects(run('list-tags', auth, tls, at('ada/app')), /denied|unauthorized|authentication required/);
});

test.skipIf(!skopeo)(
  'with the credentials of another, skopeo finds nothing to copy, and may not put anything there',
  async () => {
    const other = '--creds=bob:password of bob';
    const tls = '--tls-verify=false';
    await assert.rejects(run('inspect', other, tls, at('ada/app:1')), /denied/);
    await assert.rejects(run('inspect', other, tls, at('ada/none:1')), /denied/);
    await hub.accounts.change(() => hub.accounts.setVisibility('ada/app', 'public'));
    const copy = (to: string): Promise<string> =>
      run(
        ...['copy', '--src-tls-verify=false', '--dest-tls-verify=false', '--dest-creds=bob:password of bob'],
        ...['--src-no-creds', at('ada/app:1'), at(to)],
      );
    await copy('bob/app:1');
    await assert.rejects(copy('ada/app:2'), /denied/);
    await assert.rejects(copy('library/app:2'), /denied/);
  },
);
