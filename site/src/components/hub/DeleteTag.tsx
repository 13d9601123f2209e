/** Deletes a tag, after a question. */
import { useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import { Question, shortDigest } from './parts.tsx';

interface DeleteTagProps {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  /** By itself, not in a row of a table. */
  readonly isButton?: boolean;
  readonly deleted: () => Promise<void> | void;
}

export function DeleteTag({ repository, tag, digest, isButton = false, deleted }: DeleteTagProps) {
  const [asks, setAsks] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const remove = async () => {
    setBusy(true);
    setSaid('');
    try {
      await hub.deleteTag(repository, tag, digest);
      setAsks(false);
      await deleted();
    } catch (error) {
      setSaid(sentenceFor(error));
    }
    setBusy(false);
  };
  return (
    <>
      <button
        type="button"
        class={isButton ? 'button' : 'link'}
        aria-label={`Delete the tag ${tag}…`}
        onClick={() => setAsks(true)}
      >
        {isButton ? 'Delete the tag…' : 'Delete…'}
      </button>
      {asks && (
        <Question
          title={`Delete the tag ${tag}?`}
          yes="Delete the tag"
          {...{ isBusy, said }}
          onYes={() => void remove()}
          onNo={() => {
            setAsks(false);
            setSaid('');
          }}
        >
          <p>
            Whoever pulls{' '}
            <code>
              {repository}:{tag}
            </code>{' '}
            after that finds nothing. The image stays under its digest <code>{shortDigest(digest)}</code>, and so do
            other tags that stand for it.
          </p>
        </Question>
      )}
    </>
  );
}
