/** Who the hub takes this browser for. */
import { type HubMe, hubAddress } from '@drydock/sandbox-server/protocol';
import { hub } from '../../client/hub/api.ts';
import { signInAddress } from '../../client/hub/sign-in.ts';

export function WhoAmI({ me }: { me: HubMe | undefined }) {
  if (!me) return <p class="hub-me" />;
  const account = me.identities.find(({ kind }) => kind === 'account');
  const labs = me.identities.filter(({ kind }) => kind === 'session');
  const signOut = async () => {
    await hub.signOut().catch(() => undefined);
    location.assign('/hub/');
  };
  return (
    <p class="hub-me">
      {account && (
        <span>
          Signed in as <a href={hubAddress(account.account)}>{account.account}</a>
        </span>
      )}
      {!account && labs[0] && (
        <span>
          You are <a href={hubAddress(labs[0].account)}>{labs[0].account}</a>, by your lab
        </span>
      )}
      {me.identities.length > 0 && <a href="/hub/-/account">{account ? 'Account' : 'Tokens'}</a>}
      {account ? (
        <button type="button" class="link" onClick={() => void signOut()}>
          Sign out
        </button>
      ) : (
        location.pathname !== '/hub/-/sign-in' && <a href={signInAddress()}>Sign in</a>
      )}
    </p>
  );
}
