/** What a webhook was sent, and what came back. */
import { type HubDelivery, hubAddress } from '@drydock/sandbox-server/protocol';
import { useEffect, useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import { useAsked } from '../../client/hub/asked.ts';
import { counted } from '../engine-view/sizes.ts';
import { Shown, When } from './parts.tsx';

/** While something is on its way, it is asked for again so often. */
const againMs = 1_500;

/** `newest`: the number of the last one, as far as is known; with a later one they are asked for anew. */
export function Deliveries({ namespace, id, newest }: { namespace: string; id: string; newest: number }) {
  const asked = useAsked(`deliveries ${id}`, async () => (await hub.deliveries(namespace, id)).deliveries);
  const { value, again } = asked;
  const [said, setSaid] = useState('');
  const waits = value?.some(({ state, nextAt }) => state === 'waiting' && isSoon(nextAt)) ?? false;
  useEffect(() => {
    if (value && (value[0]?.id ?? 0) < newest) void again();
  }, [newest, value, again]);
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => void again(), againMs);
    return () => clearInterval(timer);
  }, [waits, again]);
  const redeliver = async (delivery: number) => {
    setSaid('');
    try {
      await hub.deliver({ namespace, webhook: id, delivery });
      await again();
    } catch (error) {
      setSaid(sentenceFor(error));
    }
  };
  return (
    <Shown asked={asked} what="the deliveries">
      {(deliveries) => (
        <>
          {deliveries.length === 0 && (
            <p class="hub-empty">Nothing was sent yet. A push sends something, and so does a test.</p>
          )}
          <ol class="hub-events">
            {deliveries.map((delivery) => (
              <li key={delivery.id}>
                <span>
                  <What delivery={delivery} /> <DeliveryState delivery={delivery} />
                  {delivery.answer !== '' && (
                    <small class="hub-answer">
                      It answered: <code>{delivery.answer}</code>
                    </small>
                  )}
                </span>
                {delivery.state !== 'waiting' && (
                  <button type="button" class="link" onClick={() => void redeliver(delivery.id)}>
                    Send again
                  </button>
                )}
              </li>
            ))}
          </ol>
          {said !== '' && (
            <p class="hub-complaint" role="alert">
              {said}
            </p>
          )}
        </>
      )}
    </Shown>
  );
}

const isSoon = (at: string | null): boolean => at === null || Date.parse(at) - Date.now() < 60_000;

const nouns = { push: 'A push to', delete: 'A deletion in', ping: 'A test' } as const;

function What({ delivery: { action, repository, reference } }: { delivery: HubDelivery }) {
  return (
    <b>
      {nouns[action]}
      {repository !== null && (
        <>
          {' '}
          <a href={hubAddress(repository)}>{repository.slice(repository.indexOf('/') + 1)}</a>
          {reference !== null && `:${reference}`}
        </>
      )}
    </b>
  );
}

/** What became of one, in words. */
export function DeliveryState({ delivery }: { delivery: HubDelivery }) {
  const { state, status, triedAt, nextAt, tries, message } = delivery;
  const answered = status === null ? '' : ` (${status})`;
  return (
    <span class="hub-delivery" data-state={state}>
      {state === 'delivered' && `delivered${answered} `}
      {state === 'failed' && `given up after ${counted(tries, 'try', 'tries')}: ${message || 'no answer'}${answered} `}
      {state === 'waiting' && tries === 0 && 'is being sent'}
      {state === 'waiting' && tries > 0 && (
        <>
          not delivered yet: {message || 'no answer'}
          {answered}. {nextAt !== null && `Tried again at ${new Date(nextAt).toLocaleTimeString()}, the last time `}
        </>
      )}
      {triedAt !== null && <When at={triedAt} />}
    </span>
  );
}
