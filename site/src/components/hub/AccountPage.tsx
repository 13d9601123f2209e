/** One's own accounts: access tokens, namespaces, the password. */
import { type HubMe, hubAddress } from '@drydock/sandbox-server/protocol';
import { useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import type { Asked } from '../../client/hub/asked.ts';
import { signInAddress } from '../../client/hub/sign-in.ts';
import { Shown } from './parts.tsx';
import { Tokens } from './Tokens.tsx';

export function AccountPage({ me }: { me: Asked<HubMe> }) {
  return (
    <Shown asked={me} what="your accounts">
      {({ identities, namespaces }) => {
        if (identities.length === 0) return <Nobody />;
        const isSignedIn = identities.some(({ kind }) => kind === 'account');
        return (
          <>
            <h1>{isSignedIn ? 'Your account' : 'Your lab’s account'}</h1>
            <p class="hub-lede">
              An access token stands for the password in programs, with less power: each may only what it was made for,
              and can be revoked by itself.
            </p>
            {identities.map(({ account, kind }) => (
              <section class="hub-section" key={account}>
                <h2>
                  Access tokens of <code>{account}</code>
                  {kind === 'session' && <small>, a lab’s; they go with the lab</small>}
                </h2>
                <Tokens account={account} />
              </section>
            ))}
            <section class="hub-section">
              <h2>Namespaces</h2>
              <ul class="hub-people">
                {namespaces.map(({ name, role }) => (
                  <li key={name}>
                    <a href={hubAddress(name)}>{name}</a> <span>{roles[role]}</span>
                  </li>
                ))}
              </ul>
              {isSignedIn && <NewNamespace made={me.again} />}
            </section>
            {isSignedIn && (
              <section class="hub-section">
                <h2>Password</h2>
                <Password />
              </section>
            )}
          </>
        );
      }}
    </Shown>
  );
}

const roles = { owner: 'yours', write: 'you pull and push', read: 'you pull' } as const;

function Nobody() {
  return (
    <div class="hub-narrow">
      <h1>You have no account here yet</h1>
      <p class="hub-lede">
        Open a lesson or the playground: its lab has an account on the hub, and access tokens of its own. Or sign in
        with the account that whoever runs this Drydock made for you.
      </p>
      <p class="hub-actions">
        <a class="button strong" href="/playground/">
          Open the playground
        </a>
        <a class="button" href={signInAddress()}>
          Sign in
        </a>
      </p>
    </div>
  );
}

function NewNamespace({ made }: { made: () => Promise<void> }) {
  const [name, setName] = useState('');
  const [isPrivate, setPrivate] = useState(true);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const make = async () => {
    setBusy(true);
    setSaid('');
    try {
      await hub.makeNamespace({ name: name.trim(), visibility: isPrivate ? 'private' : 'public' });
      await made();
      setName('');
    } catch (error) {
      setSaid(sentenceFor(error));
    }
    setBusy(false);
  };
  return (
    <form
      class="hub-form hub-form-row"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <p class="hub-wide">
        <label for="hub-namespace">A new namespace, to share with colleagues</label>
        <input
          id="hub-namespace"
          value={name}
          required
          maxLength={40}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </p>
      <label class="hub-check">
        <input
          type="checkbox"
          checked={isPrivate}
          onChange={({ currentTarget }) => setPrivate(currentTarget.checked)}
        />
        <span>private</span>
      </label>
      <button type="submit" class="button" disabled={isBusy}>
        Make
      </button>
      {said !== '' && (
        <p class="hub-complaint" role="alert">
          {said}
        </p>
      )}
    </form>
  );
}

function Password() {
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const [done, setDone] = useState('');
  const change = async (form: HTMLFormElement) => {
    const given = new FormData(form);
    setBusy(true);
    setSaid('');
    setDone('');
    try {
      await hub.setPassword({ current: String(given.get('current')), next: String(given.get('next')) });
      form.reset();
      setDone('The password is changed. Other browsers and docker logins with the old one are signed out.');
    } catch (error) {
      setSaid(sentenceFor(error));
    }
    setBusy(false);
  };
  return (
    <form
      class="hub-form hub-form-row"
      onSubmit={(event) => {
        event.preventDefault();
        void change(event.currentTarget);
      }}
    >
      <p>
        <label for="hub-current">The one now</label>
        <input id="hub-current" name="current" type="password" required autocomplete="current-password" />
      </p>
      <p>
        <label for="hub-next">The new one</label>
        <input
          id="hub-next"
          name="next"
          type="password"
          required
          minLength={8}
          maxLength={128}
          autocomplete="new-password"
        />
      </p>
      <button type="submit" class="button" disabled={isBusy}>
        Change
      </button>
      <p class="hub-said" role="status">
        {done}
      </p>
      {said !== '' && (
        <p class="hub-complaint" role="alert">
          {said}
        </p>
      )}
    </form>
  );
}
