/** A registry with the lab's repositories: their tags, and the digest that each points to. */
import { hubAddress, type ViewRegistry, type ViewRepository } from '@drydock/sandbox-server/protocol';

export function RegistryBox({ registry }: { registry: ViewRegistry }) {
  const { name, hub, repositories } = registry;
  return (
    <li class="ev-registry">
      <p class="ev-title">
        <b class="ev-name" title={name}>
          {name}
        </b>
        <small>{hub ? 'the hub' : 'your own'}</small>
      </p>
      {repositories.length === 0 ? (
        <p class="ev-note">nothing of this lab is in it</p>
      ) : (
        <ul class="ev-repositories">
          {repositories.map((repository) => (
            <Repository key={repository.name} repository={repository} hub={hub} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** Of a name that is told whole, the hub has a page. */
function Repository({ repository, hub }: { repository: ViewRepository; hub: boolean }) {
  const { name, visibility, tags } = repository;
  return (
    <li>
      <p class="ev-facts">
        <span class="ev-cut" title={name}>
          {hub && !name.endsWith('…') ? (
            <a href={hubAddress(name)} target="_blank" rel="noopener">
              {name}
            </a>
          ) : (
            name
          )}
        </span>
        {visibility !== null && <small>{visibility}</small>}
      </p>
      {tags.length === 0 ? (
        <p class="ev-note">no tag</p>
      ) : (
        <ul class="ev-members">
          {tags.map((tag) => (
            <li key={tag.name}>
              <span class="ev-tag ev-cut" title={tag.name}>
                {tag.name}
              </span>
              <span title={`sha256:${tag.digest}…`}>{tag.digest.slice(0, 8)}…</span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
