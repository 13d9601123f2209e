/** The webhooks of a namespace: where its pushes and deletions are told to, and what became of that. */
import type { HubWebhook, HubWebhookAction } from '@drydock/sandbox-server/protocol';
import { useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import { useAsked } from '../../client/hub/asked.ts';
import { Deliveries, DeliveryState } from './Deliveries.tsx';
import { Copy, Question, Shown } from './parts.tsx';

export function Webhooks({ namespace }: { namespace: string }) {
  const asked = useAsked(`webhooks ${namespace}`, () => hub.webhooks(namespace));
  return (
    <Shown asked={asked} what={`the webhooks of ${namespace}`}>
      {({ webhooks, places }) => (
        <>
          <p class="hub-note">
            A program of yours is told by HTTP when something is pushed here or deleted: to build, to deploy, to write
            it down.
          </p>
          {webhooks.length > 0 && (
            <ul class="hub-hooks">
              {webhooks.map((webhook) => (
                <Hook key={webhook.id} webhook={webhook} changed={asked.again} />
              ))}
            </ul>
          )}
          <NewWebhook namespace={namespace} places={places} made={asked.again} />
        </>
      )}
    </Shown>
  );
}

const told = (actions: readonly HubWebhookAction[]): string =>
  actions.map((action) => (action === 'push' ? 'pushes' : 'deletions')).join(' and ');

function Hook({ webhook, changed }: { webhook: HubWebhook; changed: () => Promise<void> }) {
  const { id, namespace, name, url, actions, secret, lastDelivery } = webhook;
  const [isOpen, setOpen] = useState(false);
  const [asks, setAsks] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const act = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setSaid('');
    try {
      await work();
    } catch (error) {
      setSaid(sentenceFor(error));
    }
    setBusy(false);
  };
  const ping = () =>
    act(async () => {
      await hub.deliver({ namespace, webhook: id, delivery: null });
      setOpen(true);
      await changed();
    });
  const remove = () =>
    act(async () => {
      await hub.removeWebhook(namespace, id);
      setAsks(false);
      await changed();
    });
  return (
    <li>
      <p class="hub-hook-head">
        <b>{name || 'A webhook'}</b>
        <code>{url}</code>
      </p>
      <p class="hub-note">
        Is told of {told(actions)}.{' '}
        {lastDelivery ? (
          <>
            The last one: <DeliveryState delivery={lastDelivery} />
          </>
        ) : (
          'Nothing was sent yet.'
        )}
      </p>
      <p class="hub-hook-acts">
        <button type="button" class="button" disabled={isBusy} onClick={() => void ping()}>
          Send a test
        </button>
        <button type="button" class="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide deliveries' : 'Show deliveries'}
        </button>
        <Copy class="button" text={secret} what="the secret" word="Copy the secret" />
        <button type="button" class="link" onClick={() => setAsks(true)}>
          Remove…
        </button>
      </p>
      {said !== '' && !asks && (
        <p class="hub-complaint" role="alert">
          {said}
        </p>
      )}
      {isOpen && <Deliveries {...{ namespace, id }} newest={lastDelivery?.id ?? 0} />}
      {asks && (
        <Question
          title="Remove the webhook?"
          yes="Remove the webhook"
          {...{ isBusy, said }}
          onYes={() => void remove()}
          onNo={() => setAsks(false)}
        >
          <p>
            <code>{url}</code> is told of nothing any more, and what was sent there is forgotten.
          </p>
        </Question>
      )}
    </li>
  );
}

interface NewWebhookProps {
  readonly namespace: string;
  readonly places: readonly string[];
  readonly made: () => Promise<void>;
}

const example = 'http://docker-host.lab:9000/';

function NewWebhook({ namespace, places, made }: NewWebhookProps) {
  const [url, setUrl] = useState('');
  const [actions, setActions] = useState<readonly HubWebhookAction[]>(['push']);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const make = async () => {
    setBusy(true);
    setSaid('');
    try {
      await hub.makeWebhook({ namespace, url: url.trim(), name: '', actions });
      await made();
      setUrl('');
    } catch (error) {
      setSaid(sentenceFor(error));
    }
    setBusy(false);
  };
  const toggle = (action: HubWebhookAction, isOn: boolean): void =>
    setActions([...actions.filter((one) => one !== action), ...(isOn ? [action] : [])]);
  return (
    <form
      class="hub-form hub-form-row"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <p class="hub-wide">
        <label for="hub-hook">A new webhook’s address</label>
        <input
          id="hub-hook"
          value={url}
          required
          maxLength={2000}
          inputMode="url"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder={example}
          aria-describedby="hub-hook-where"
          onInput={({ currentTarget }) => setUrl(currentTarget.value)}
        />
      </p>
      {(['push', 'delete'] as const).map((action) => (
        <label class="hub-check" key={action}>
          <input
            type="checkbox"
            checked={actions.includes(action)}
            onChange={({ currentTarget }) => toggle(action, currentTarget.checked)}
          />
          <span>{told([action])}</span>
        </label>
      ))}
      <button type="submit" class="button" disabled={isBusy || actions.length === 0}>
        Make
      </button>
      <p class="hub-note hub-all" id="hub-hook-where">
        A program in your lab is reached as <code>http://HOST.lab:PORT/</code>
        {places.length > 0 && `; beside that, webhooks may go to ${places.slice(0, 8).join(', ')}`}. The body is signed
        with the webhook’s secret, in <code>X-Hub-Signature-256</code>.
      </p>
      {said !== '' && (
        <p class="hub-complaint" role="alert">
          {said}
        </p>
      )}
    </form>
  );
}
