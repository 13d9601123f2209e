/** A repository: how to pull it, its tags, who sees it, how often it is pulled. */
import { type HubRepositoryPage, type HubSeenTag, type HubTagList, hubAddress } from '@drydock/sandbox-server/protocol';
import { useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import { type Asked, useAsked } from '../../client/hub/asked.ts';
import { counted, diskSize } from '../engine-view/sizes.ts';
import { nameInLab, nameOutside } from './names.ts';
import { PullsChart } from './PullsChart.tsx';
import { Badge, Plate, Question, Shown, When } from './parts.tsx';
import { Tags } from './Tags.tsx';
import { VisibilitySwitch } from './VisibilitySwitch.tsx';

export function RepositoryPage({ repository }: { repository: string }) {
  const asked = useAsked(repository, () => hub.repository(repository));
  const found = useAsked(`tags ${repository}`, () => hub.tags(repository));
  return (
    <Shown asked={asked} waitsFor={found} what={repository}>
      {(page) => <Repository page={page} asked={asked} found={found} />}
    </Shown>
  );
}

interface RepositoryProps {
  readonly page: HubRepositoryPage;
  readonly asked: Asked<HubRepositoryPage>;
  readonly found: Asked<HubTagList>;
}

function Repository({ page, asked, found }: RepositoryProps) {
  const { name, isOfficial, summary, visibility, tags, pushedAt, bytes, pulls } = page;
  const reference = referenceOf(found.value?.tags ?? []);
  return (
    <>
      <header class="hub-title">
        <h1>
          <code>{name}</code>
        </h1>
        <Badge kind={isOfficial ? 'official' : visibility} />
      </header>
      {summary !== '' && <p class="hub-lede">{summary}</p>}
      {isOfficial && (
        <p class="hub-note">
          Built on this machine from Debian’s packages: not the image of Docker Hub, but used in the same way.
        </p>
      )}
      <div class="hub-columns">
        <div class="hub-main">
          <Plate label="In a lab" command={`docker pull ${nameInLab(name, isOfficial)}${reference}`} />
          <p class="hub-note">
            From another machine: <code>{`docker pull ${nameOutside(name)}${reference}`}</code>
            {visibility === 'private' && ', after docker login with an access token'}
          </p>
          <section class="hub-section">
            <h2>Tags</h2>
            <Tags page={page} asked={found} changed={asked.again} />
          </section>
        </div>
        <aside class="hub-side" aria-label="About this repository">
          <dl class="hub-facts-list">
            <div>
              <dt>Size</dt>
              <dd>
                {diskSize(bytes)}
                <small>{counted(tags, 'tag')}; layers that they share count once</small>
              </dd>
            </div>
            {pushedAt !== null && (
              <div>
                <dt>Last push</dt>
                <dd>
                  <When at={pushedAt} />
                </dd>
              </div>
            )}
          </dl>
          <h2>Pulls</h2>
          <PullsChart days={page.pullsByDay} all={pulls} />
          {!isOfficial && (
            <>
              <h2>Who sees it</h2>
              <VisibilitySwitch page={page} asked={asked} />
            </>
          )}
          {page.isOwner && <Removal name={name} />}
        </aside>
      </div>
    </>
  );
}

/** Without a tag Docker pulls `latest`: where there is none, the tag that moved last is named. */
function referenceOf(tags: readonly HubSeenTag[]): string {
  const [newest] = tags;
  return newest && tags.every(({ name }) => name !== 'latest') ? `:${newest.name}` : '';
}

function Removal({ name }: { name: string }) {
  const [asks, setAsks] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const remove = async () => {
    setBusy(true);
    try {
      await hub.removeRepository(name);
      location.assign(hubAddress(name.split('/', 1)[0] ?? ''));
    } catch (error) {
      setBusy(false);
      setSaid(sentenceFor(error));
    }
  };
  return (
    <p class="hub-remove">
      <button type="button" class="button" onClick={() => setAsks(true)}>
        Delete the repository…
      </button>
      {asks && (
        <Question
          title={`Delete ${name}?`}
          yes="Delete the repository"
          {...{ isBusy, said }}
          onYes={() => void remove()}
          onNo={() => setAsks(false)}
        >
          <p>All its tags and images go with it, for everybody. What hosts have pulled already stays with them.</p>
        </Question>
      )}
    </p>
  );
}
