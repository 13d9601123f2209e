/** Repositories in a list. */
import { type HubSeenRepository, hubAddress } from '@drydock/sandbox-server/protocol';
import { counted } from '../engine-view/sizes.ts';
import { Badge, When } from './parts.tsx';

export function RepositoryRows({ repositories }: { repositories: readonly HubSeenRepository[] }) {
  return (
    <ul class="hub-rows">
      {repositories.map((repository) => (
        <Row key={repository.name} repository={repository} />
      ))}
    </ul>
  );
}

function Row({ repository }: { repository: HubSeenRepository }) {
  const { name, isOfficial, summary, visibility, tags, pushedAt, pulls } = repository;
  const [namespace = '', ...rest] = name.split('/');
  return (
    <li>
      <a class="hub-row" href={hubAddress(name)}>
        <span class="hub-name">
          <span class="hub-namespace">{namespace}/</span>
          <wbr />
          {rest.join('/')}
        </span>
        <span class="hub-about">{summary}</span>
        <span class="hub-facts">
          <Badge kind={isOfficial ? 'official' : visibility} />
          <span>{counted(tags, 'tag')}</span>
          <span>
            {pushedAt !== null && (
              <>
                pushed <When at={pushedAt} />
              </>
            )}
          </span>
          <span>{pulls > 0 && counted(pulls, 'pull')}</span>
        </span>
      </a>
    </li>
  );
}
