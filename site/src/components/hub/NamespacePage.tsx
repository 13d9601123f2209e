/** A namespace: its repositories, its people, and what was done in it. */
import type { HubNamespacePage } from '@drydock/sandbox-server/protocol';
import { useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import { useAsked } from '../../client/hub/asked.ts';
import { Activity } from './Activity.tsx';
import { People } from './People.tsx';
import { Badge, Plate, Shown } from './parts.tsx';
import { RepositoryRows } from './RepositoryRows.tsx';
import { Webhooks } from './Webhooks.tsx';

export function NamespacePage({ namespace }: { namespace: string }) {
  const asked = useAsked(`namespace ${namespace}`, () => hub.namespace(namespace));
  return (
    <Shown asked={asked} what={namespace}>
      {(page) => (
        <>
          <header class="hub-title">
            <h1>
              <code>{page.name}</code>
            </h1>
            {page.isOfficial && <Badge kind="official" />}
            {page.people && <Badge kind={page.people.visibility} />}
          </header>
          <p class="hub-lede">{aboutOf(page)}</p>
          <section class="hub-section">
            <h2>Repositories</h2>
            <Repositories page={page} />
          </section>
          {page.people && (
            <section class="hub-section">
              <h2>People</h2>
              <People people={page.people} isOwner={page.role === 'owner'} changed={asked.again} />
            </section>
          )}
          {page.role === 'owner' && (
            <section class="hub-section">
              <h2>Webhooks</h2>
              <Webhooks namespace={page.name} />
            </section>
          )}
          {page.role === 'owner' && (
            <section class="hub-section">
              <h2>What was done here</h2>
              <Activity namespace={page.name} />
            </section>
          )}
        </>
      )}
    </Shown>
  );
}

function aboutOf({ isOfficial, role, people }: HubNamespacePage): string {
  if (isOfficial) return 'The official images, built on this machine. A name without a namespace means one of these.';
  if (role === 'owner') return 'Yours: you push and delete here, and say who sees what.';
  if (role === 'write') return `You are a colleague: you pull and push here. It belongs to ${people?.owner}.`;
  if (role === 'read') return `You are a colleague: you pull here. It belongs to ${people?.owner}.`;
  return 'Somebody else’s. You see what is public.';
}

function Repositories({ page: { name, role, isOfficial } }: { page: HubNamespacePage }) {
  const asked = useAsked(`of ${name}`, () => hub.list('', name));
  const [said, setSaid] = useState('');
  const showMore = async () => {
    const { value } = asked;
    if (!value || value.next === null) return;
    try {
      const { repositories, next } = await hub.list('', name, value.next);
      asked.set({ repositories: [...value.repositories, ...repositories], next });
      setSaid('');
    } catch (error) {
      setSaid(sentenceFor(error));
    }
  };
  const mayPush = role === 'owner' || role === 'write';
  return (
    <Shown asked={asked} what={`the repositories of ${name}`}>
      {({ repositories, next }) => (
        <>
          {repositories.length === 0 && (
            <div class="hub-empty">
              <p>
                {mayPush ? 'Nothing was pushed here yet. A push makes a repository:' : 'Nothing was pushed here yet.'}
              </p>
              {mayPush && <Plate command={`docker push hub.drydock/${name}/web:1`} />}
            </div>
          )}
          {repositories.length > 0 && <RepositoryRows repositories={repositories} />}
          {next !== null && !isOfficial && (
            <p class="hub-more">
              <button type="button" class="button" onClick={() => void showMore()}>
                Show more
              </button>
              {said !== '' && <span role="alert">{said}</span>}
            </p>
          )}
        </>
      )}
    </Shown>
  );
}
