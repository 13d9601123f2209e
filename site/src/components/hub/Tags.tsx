/** The tags of a repository: what each stands for, how large that is, for which platforms, and who pushed it when. */
import { type HubRepositoryPage, type HubSeenTag, type HubTagList, hubAddress } from '@drydock/sandbox-server/protocol';
import { useEffect, useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import type { Asked } from '../../client/hub/asked.ts';
import { DeleteTag } from './DeleteTag.tsx';
import { nameInLab } from './names.ts';
import { Digest, Plate, platformWord, Shown, sizeWord, When } from './parts.tsx';

const mostPlatforms = 3;

interface TagsProps {
  readonly page: HubRepositoryPage;
  readonly asked: Asked<HubTagList>;
  readonly changed: () => Promise<void>;
}

export function Tags({ page, asked, changed }: TagsProps) {
  const { name, isOfficial } = page;
  const [more, setMore] = useState<readonly HubSeenTag[]>([]);
  const [next, setNext] = useState<number | null>(null);
  const [said, setSaid] = useState('');
  useEffect(() => {
    setMore([]);
    setNext(asked.value?.next ?? null);
  }, [asked.value]);
  const showMore = async () => {
    try {
      const found = await hub.tags(name, next ?? 0);
      setMore([...more, ...found.tags]);
      setNext(found.next);
      setSaid('');
    } catch (error) {
      setSaid(sentenceFor(error));
    }
  };
  const deleted = async (): Promise<void> => {
    await Promise.all([asked.again(), changed()]);
  };
  return (
    <Shown asked={asked} what={`the tags of ${name}`}>
      {({ tags }) =>
        tags.length === 0 ? (
          <div class="hub-empty">
            <p>It has no tags: each was deleted, or its images were pushed by their digest alone. A push makes one:</p>
            <Plate command={`docker push ${nameInLab(name, false)}:1`} />
          </div>
        ) : (
          <>
            <table class="hub-table">
              <thead>
                <tr>
                  <th scope="col">Tag</th>
                  <th scope="col">Digest</th>
                  <th scope="col">Size</th>
                  <th scope="col">Platform</th>
                  {!isOfficial && <th scope="col">Pushed</th>}
                  {page.rights.delete && (
                    <th scope="col">
                      <span class="unseen">Delete</span>
                    </th>
                  )}
                </tr>
              </thead>
              <tbody>
                {[...tags, ...more].map((tag) => (
                  <TagRow key={tag.name} tag={tag} page={page} deleted={deleted} />
                ))}
              </tbody>
            </table>
            {next !== null && (
              <p class="hub-more">
                <button type="button" class="button" onClick={() => void showMore()}>
                  Show more tags
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

function TagRow({ tag, page, deleted }: { tag: HubSeenTag; page: HubRepositoryPage; deleted: () => Promise<void> }) {
  const { contents, movedAt, movedBy } = tag;
  return (
    <tr>
      <th scope="row">
        <a href={hubAddress(page.name, tag.name)}>{tag.name}</a>
      </th>
      <td data-label="Digest">
        <Digest digest={tag.digest} />
      </td>
      <td data-label="Size">{contents ? sizeWord(contents.bytes) : <span class="hub-none">not built yet</span>}</td>
      <td data-label="Platform">{contents && platforms(contents)}</td>
      {!page.isOfficial && (
        <td data-label="Pushed">
          {movedAt !== null && <When at={movedAt} />} {movedBy !== null && <span class="hub-by">by {movedBy}</span>}
        </td>
      )}
      {page.rights.delete && (
        <td class="hub-act">
          <DeleteTag repository={page.name} tag={tag.name} digest={tag.digest} deleted={deleted} />
        </td>
      )}
    </tr>
  );
}

function platforms({ kind, platforms: all }: NonNullable<HubSeenTag['contents']>) {
  if (kind === 'artifact') return 'no image';
  const shown = all.slice(0, mostPlatforms).map(platformWord).join(', ');
  const rest = all.length - mostPlatforms;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
