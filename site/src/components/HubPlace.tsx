/** The hub's place in the lab: what the lab has pushed, with its tags. */
import { hubAddress, type LabRepositories } from '@drydock/sandbox-server/protocol';
import { useEffect } from 'preact/hooks';
import { useAsked } from '../client/hub/asked.ts';
import { labRepositories } from '../client/lab-hub.ts';
import { phase, place } from '../client/lab-state.ts';
import { shortDigest, sizeWord, When } from './hub/parts.tsx';

/** A push shows so soon. */
const againMs = 3_000;

export function HubPlace() {
  if (place.value !== 'hub' || phase.value.name !== 'ready') return null;
  return (
    <div class="hub-place">
      <OnTheHub />
    </div>
  );
}

function OnTheHub() {
  const { value, failure, again } = useAsked('lab', labRepositories);
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && void again(), againMs);
    return () => clearInterval(timer);
  }, [again]);
  if (value) return <Repositories told={value} />;
  return <p role="status">{failure ? failure.message : 'Asking the hub what your lab has there…'}</p>;
}

function Repositories({ told: { namespace, repositories, more } }: { told: LabRepositories }) {
  if (namespace === null) return <p>This lab has no account on the hub.</p>;
  return (
    <>
      <p class="hub-place-head">
        <b>{namespace}</b> is your lab’s namespace on the hub.{' '}
        <a href={hubAddress(namespace)} target="_blank" rel="noopener">
          Its page, in a new tab
        </a>
      </p>
      {repositories.length === 0 && (
        <p>
          Nothing was pushed yet. <code>docker push hub.drydock/$HUB_NAMESPACE/NAME:TAG</code> puts an image here.
        </p>
      )}
      <ul>
        {repositories.map(({ name, visibility, newest, tags }) => (
          <li key={name}>
            <p class="hub-place-name">
              <a href={hubAddress(name)} target="_blank" rel="noopener">
                {name}
              </a>
              <span>{visibility}</span>
            </p>
            <ul>
              {newest.map(({ name: tag, digest, contents, movedAt }) => (
                <li key={tag}>
                  <a href={hubAddress(name, tag)} target="_blank" rel="noopener">
                    :{tag}
                  </a>
                  <code title={digest}>{shortDigest(digest)}</code>
                  <span>{contents && sizeWord(contents.bytes)}</span>
                  <span>{movedAt !== null && <When at={movedAt} />}</span>
                </li>
              ))}
              {tags > newest.length && <li>and {tags - newest.length} more</li>}
            </ul>
          </li>
        ))}
      </ul>
      {more && <p>There are more on its page.</p>}
    </>
  );
}
