/** The access tokens of an account: made, shown once, listed, revoked. */
import type { HubAccessToken, HubMadeToken, HubTokenScope } from '@drydock/sandbox-server/protocol';
import { useEffect, useRef, useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import { useAsked } from '../../client/hub/asked.ts';
import { Copy, Plate, Question, Shown, When } from './parts.tsx';

const scopes: Readonly<Record<HubTokenScope, string>> = {
  read: 'pull',
  'read-write': 'pull and push',
  delete: 'pull, push and delete',
};
const spans = [
  { days: 7, name: 'in a week' },
  { days: 30, name: 'in 30 days' },
  { days: 365, name: 'in a year' },
  { days: null, name: 'never' },
] as const;

export function Tokens({ account }: { account: string }) {
  const asked = useAsked(`tokens ${account}`, async () => (await hub.tokens(account)).tokens);
  const [made, setMade] = useState<HubMadeToken | undefined>(undefined);
  return (
    <>
      <Shown asked={asked} what={`the tokens of ${account}`}>
        {(tokens) =>
          tokens.length === 0 ? (
            <p class="hub-note">None yet.</p>
          ) : (
            <table class="hub-table">
              <thead>
                <tr>
                  <th scope="col">Token</th>
                  <th scope="col">May</th>
                  <th scope="col">Made</th>
                  <th scope="col">Last used</th>
                  <th scope="col">Ends</th>
                  <th scope="col">
                    <span class="unseen">Revoke</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {tokens.map((token) => (
                  <TokenRow key={token.id} {...{ account, token }} revoked={asked.again} />
                ))}
              </tbody>
            </table>
          )
        }
      </Shown>
      {made && <Secret account={account} made={made} done={() => setMade(undefined)} />}
      <NewToken
        account={account}
        made={(token) => {
          setMade(token);
          void asked.again();
        }}
      />
    </>
  );
}

interface TokenRowProps {
  readonly account: string;
  readonly token: HubAccessToken;
  readonly revoked: () => Promise<void>;
}

function TokenRow({ account, token, revoked }: TokenRowProps) {
  const [asks, setAsks] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const { id, name, scope, createdAt, usedAt, expiresAt } = token;
  const isOver = expiresAt !== null && Date.parse(expiresAt) <= Date.now();
  const revoke = async () => {
    setBusy(true);
    try {
      await hub.revokeToken(account, id);
      setAsks(false);
      await revoked();
    } catch (error) {
      setSaid(sentenceFor(error));
    }
    setBusy(false);
  };
  return (
    <tr data-over={isOver}>
      <th scope="row">{name}</th>
      <td data-label="May">{scopes[scope]}</td>
      <td data-label="Made">
        <When at={createdAt} />
      </td>
      <td data-label="Last used">{usedAt === null ? <span class="hub-none">not yet</span> : <When at={usedAt} />}</td>
      <td data-label="Ends">
        {isOver ? 'has ended' : expiresAt === null ? 'never' : new Date(expiresAt).toLocaleDateString()}
      </td>
      <td class="hub-act">
        <button type="button" class="link" aria-label={`Revoke ${name}…`} onClick={() => setAsks(true)}>
          Revoke…
        </button>
        {asks && (
          <Question
            title={`Revoke ${name}?`}
            yes="Revoke the token"
            {...{ isBusy, said }}
            onYes={() => void revoke()}
            onNo={() => setAsks(false)}
          >
            <p>Programs that log in with it are refused from now on, and logins that it was used for end.</p>
          </Question>
        )}
      </td>
    </tr>
  );
}

/** Shown this one time: only its hash is kept. */
function Secret({ account, made, done }: { account: string; made: HubMadeToken; done: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [made]);
  return (
    <div class="hub-secret" ref={box} tabIndex={-1} role="status">
      <p>
        <b>{made.name}</b> is made. Copy it now: it is not shown again.
      </p>
      <p class="hub-secret-text">
        <code>{made.secret}</code>
        <Copy class="button" text={made.secret} what="the token" />
      </p>
      <p>Docker asks for it as the password:</p>
      <Plate label="In a lab" command={`docker login -u ${account} hub.drydock`} />
      <p class="hub-note">
        From another machine: <code>{`docker login -u ${account} ${location.host}`}</code>
      </p>
      <button type="button" class="button" onClick={done}>
        I have it
      </button>
    </div>
  );
}

function NewToken({ account, made }: { account: string; made: (token: HubMadeToken) => void }) {
  const [name, setName] = useState('');
  const [scope, setScope] = useState<HubTokenScope>('read');
  const [span, setSpan] = useState('30');
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const make = async () => {
    setBusy(true);
    setSaid('');
    try {
      const days = spans.find((one) => String(one.days) === span)?.days ?? null;
      made(await hub.makeToken({ account, name: name.trim(), scope, days }));
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
      <p>
        <label for={`token-name-${account}`}>A new token for</label>
        <input
          id={`token-name-${account}`}
          value={name}
          required
          maxLength={80}
          autocomplete="off"
          placeholder="my laptop"
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </p>
      <p>
        <label for={`token-scope-${account}`}>It may</label>
        <select
          id={`token-scope-${account}`}
          value={scope}
          onChange={({ currentTarget }) => setScope(scopeOf(currentTarget.value))}
        >
          {Object.entries(scopes).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </p>
      <p>
        <label for={`token-end-${account}`}>It ends</label>
        <select id={`token-end-${account}`} value={span} onChange={({ currentTarget }) => setSpan(currentTarget.value)}>
          {spans.map(({ days, name: words }) => (
            <option key={words} value={String(days)}>
              {words}
            </option>
          ))}
        </select>
      </p>
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

function scopeOf(value: string): HubTokenScope {
  return value === 'read-write' || value === 'delete' ? value : 'read';
}
