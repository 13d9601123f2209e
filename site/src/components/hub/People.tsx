/** Who belongs to a namespace, and may what there; its owner changes that. */
import type { HubNamespace } from '@drydock/sandbox-server/protocol';
import { useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';

interface PeopleProps {
  readonly people: HubNamespace;
  readonly isOwner: boolean;
  readonly changed: () => Promise<void>;
}

export function People({ people, isOwner, changed }: PeopleProps) {
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const [done, setDone] = useState('');
  const change = async (work: () => Promise<unknown>, words: string): Promise<boolean> => {
    setBusy(true);
    setSaid('');
    setDone('');
    try {
      await work();
      await changed();
      setDone(words);
      return true;
    } catch (error) {
      setSaid(sentenceFor(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  const namespace = people.name;
  return (
    <>
      <ul class="hub-people">
        <li>
          <b>{people.owner}</b> <span>owns it</span>
        </li>
        {people.members.map(({ account, access }) => (
          <li key={account}>
            <b>{account}</b>
            {isOwner ? (
              <>
                <select
                  aria-label={`What ${account} may`}
                  value={access}
                  onChange={({ currentTarget }) => {
                    const chosen = currentTarget.value === 'write' ? 'write' : 'read';
                    void change(
                      () => hub.setMember({ namespace, account, access: chosen }),
                      `${account} may ${words[chosen]} now.`,
                    );
                  }}
                >
                  <option value="read">pulls</option>
                  <option value="write">pulls and pushes</option>
                </select>
                <button
                  type="button"
                  class="link"
                  disabled={isBusy}
                  aria-label={`Remove ${account}`}
                  onClick={() =>
                    void change(
                      () => hub.setMember({ namespace, account, access: null }),
                      `${account} belongs to ${namespace} no more.`,
                    )
                  }
                >
                  Remove
                </button>
              </>
            ) : (
              <span>{access === 'write' ? 'pulls and pushes' : 'pulls'}</span>
            )}
          </li>
        ))}
      </ul>
      {isOwner && <Add {...{ namespace, isBusy, change }} />}
      {isOwner && <Usual people={people} change={change} />}
      <p class="hub-said" role="status">
        {done}
      </p>
      {said !== '' && (
        <p class="hub-complaint" role="alert">
          {said}
        </p>
      )}
    </>
  );
}

const words = { read: 'pull', write: 'pull and push' } as const;

type Change = (work: () => Promise<unknown>, words: string) => Promise<boolean>;

/** What holds for repositories that say nothing else. */
function Usual({ people: { name, visibility }, change }: { people: HubNamespace; change: Change }) {
  /** What was chosen, until the server has taken it. */
  const [wish, setWish] = useState<HubNamespace['visibility'] | undefined>(undefined);
  const choose = async (chosen: HubNamespace['visibility']) => {
    setWish(chosen);
    await change(
      () => hub.setNamespaceVisibility({ name, visibility: chosen }),
      `Repositories here are ${chosen} now, where they say nothing else.`,
    );
    setWish(undefined);
  };
  return (
    <label class="hub-check">
      <input
        type="checkbox"
        checked={(wish ?? visibility) === 'private'}
        onChange={({ currentTarget }) => void choose(currentTarget.checked ? 'private' : 'public')}
      />
      <span>Repositories are private, where they say nothing else</span>
    </label>
  );
}

function Add({ namespace, isBusy, change }: { namespace: string; isBusy: boolean; change: Change }) {
  const [name, setName] = useState('');
  const [access, setAccess] = useState<'read' | 'write'>('read');
  const account = name.trim().toLowerCase();
  return (
    <form
      class="hub-form hub-form-row"
      onSubmit={(event) => {
        event.preventDefault();
        if (account === '') return;
        void change(() => hub.setMember({ namespace, account, access }), `${account} may ${words[access]} now.`).then(
          (done) => done && setName(''),
        );
      }}
    >
      <p>
        <label for="hub-colleague">A colleague’s account</label>
        <input
          id="hub-colleague"
          value={name}
          maxLength={40}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </p>
      <p>
        <label for="hub-access">What they may</label>
        <select
          id="hub-access"
          value={access}
          onChange={({ currentTarget }) => setAccess(currentTarget.value === 'write' ? 'write' : 'read')}
        >
          <option value="read">pull</option>
          <option value="write">pull and push</option>
        </select>
      </p>
      <button type="submit" class="button" disabled={isBusy || account === ''}>
        Add
      </button>
    </form>
  );
}
