/** Who pushed, pulled and deleted what in a namespace, the newest first. */
import { type HubSeenEvent, hubAddress } from '@drydock/sandbox-server/protocol';
import { useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import { useAsked } from '../../client/hub/asked.ts';
import { Shown, shortDigest, When } from './parts.tsx';

/** As the server tells at once: fewer are the last ones. */
const pageSize = 50;
const verbs = {
  push: 'pushed',
  pull: 'pulled',
  delete: 'deleted',
  'delete-repository': 'deleted the whole repository',
} as const;

export function Activity({ namespace }: { namespace: string }) {
  const asked = useAsked(`events ${namespace}`, async () => (await hub.events(namespace)).events);
  const [isEnd, setEnd] = useState(false);
  const [said, setSaid] = useState('');
  const showMore = async () => {
    const last = asked.value?.at(-1);
    if (!asked.value || !last) return;
    try {
      const { events } = await hub.events(namespace, last.id);
      asked.set([...asked.value, ...events]);
      setEnd(events.length < pageSize);
      setSaid('');
    } catch (error) {
      setSaid(sentenceFor(error));
    }
  };
  return (
    <Shown asked={asked} what={`what was done in ${namespace}`}>
      {(events) =>
        events.length === 0 ? (
          <p class="hub-empty">Nothing yet. Pushes, pulls and deletions show here, with who did them.</p>
        ) : (
          <>
            <ol class="hub-events">
              {events.map((event) => (
                <Event key={event.id} event={event} />
              ))}
            </ol>
            {!isEnd && events.length >= pageSize && (
              <p class="hub-more">
                <button type="button" class="button" onClick={() => void showMore()}>
                  Show earlier ones
                </button>
                {said !== '' && <span role="alert">{said}</span>}
              </p>
            )}
          </>
        )
      }
    </Shown>
  );
}

function Event({ event: { at, action, who, repository, tag, digest } }: { event: HubSeenEvent }) {
  const [, ...rest] = repository.split('/');
  return (
    <li data-action={action}>
      <span>
        <b>{who ?? 'Somebody without an account'}</b> {verbs[action]}{' '}
        <a href={hubAddress(repository)}>{rest.join('/')}</a>
        {tag !== null && <code>:{tag}</code>}
        {tag === null && digest !== null && <code>@{shortDigest(digest)}</code>}
      </span>
      <When at={at} />
    </li>
  );
}
