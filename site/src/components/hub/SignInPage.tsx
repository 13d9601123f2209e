/** Signing in with an account of the hub. */
import { useRef, useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import { pageBefore } from '../../client/hub/sign-in.ts';

export function SignInPage() {
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const password = useRef<HTMLInputElement>(null);
  const enter = async (form: HTMLFormElement) => {
    const given = new FormData(form);
    setBusy(true);
    setSaid('');
    try {
      await hub.signIn({ name: String(given.get('name')).trim(), password: String(given.get('password')) });
      location.assign(pageBefore());
    } catch (error) {
      setSaid(sentenceFor(error));
      setBusy(false);
      password.current?.focus();
      password.current?.select();
    }
  };
  const complaint = said === '' ? {} : { 'aria-invalid': true, 'aria-describedby': 'hub-complaint' };
  return (
    <div class="hub-narrow">
      <h1>Sign in to the hub</h1>
      <p class="hub-lede">
        With the account that whoever runs this Drydock made for you. For lessons you need none: each lab has an account
        of its own, and this browser is known by it.
      </p>
      <form
        class="hub-form"
        onSubmit={(event) => {
          event.preventDefault();
          void enter(event.currentTarget);
        }}
      >
        <p>
          <label for="hub-name">Name</label>
          <input
            id="hub-name"
            name="name"
            required
            maxLength={255}
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            {...complaint}
          />
        </p>
        <p>
          <label for="hub-password">Password</label>
          <input
            id="hub-password"
            name="password"
            type="password"
            required
            maxLength={1000}
            autocomplete="current-password"
            ref={password}
            {...complaint}
          />
        </p>
        {said !== '' && (
          <p class="hub-complaint" id="hub-complaint" role="alert">
            {said}
          </p>
        )}
        <button type="submit" class="button strong" disabled={isBusy}>
          {isBusy ? 'Signing in' : 'Sign in'}
        </button>
      </form>
      <p class="hub-note">
        Access tokens are for <code>docker login</code>, not for this page.
      </p>
    </div>
  );
}
