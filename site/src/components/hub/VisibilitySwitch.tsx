/** Who sees a repository; for its owner, a switch. */
import { type HubRepositoryPage, hubAddress } from '@drydock/sandbox-server/protocol';
import { useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import type { Asked } from '../../client/hub/asked.ts';

const choices = [
  { value: null, name: 'As its namespace' },
  { value: 'public', name: 'Public' },
  { value: 'private', name: 'Private' },
] as const;
type Choice = (typeof choices)[number]['value'];

export function VisibilitySwitch({ page, asked }: { page: HubRepositoryPage; asked: Asked<HubRepositoryPage> }) {
  /** What was chosen, until the server has taken it. */
  const [wish, setWish] = useState<Choice | undefined>(undefined);
  const [said, setSaid] = useState('');
  const { name, visibility, ownVisibility, namespaceVisibility, isOwner } = page;
  const [namespace = ''] = name.split('/', 1);
  const choose = async (chosen: Choice) => {
    setWish(chosen);
    setSaid('');
    try {
      await hub.setVisibility({ repository: name, visibility: chosen });
      await asked.again();
    } catch (error) {
      setSaid(sentenceFor(error));
    }
    setWish(undefined);
  };
  return (
    <>
      <p class="hub-note" role="status">
        {visibility === 'public'
          ? 'Everybody who reaches this Drydock may pull it.'
          : 'Its owner and their colleagues may pull it; for all others it is not there.'}
      </p>
      {isOwner && (
        <fieldset class="hub-choices">
          <legend class="unseen">Who sees it</legend>
          {choices.map((choice) => (
            <label key={choice.name}>
              <input
                type="radio"
                name="visibility"
                checked={(wish === undefined ? ownVisibility : wish) === choice.value}
                onChange={() => void choose(choice.value)}
              />
              <span>
                {choice.name}
                {choice.value === null && ` (${namespaceVisibility})`}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {said !== '' && (
        <p class="hub-complaint" role="alert">
          {said}
        </p>
      )}
      <p class="hub-note">
        The colleagues are those of <a href={hubAddress(namespace)}>{namespace}</a>.
      </p>
    </>
  );
}
