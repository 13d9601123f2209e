/** An image: its digests, its layers with the instruction of each, its configuration, and what refers to it. */
import { type HubImagePage, hubAddress } from '@drydock/sandbox-server/protocol';
import { hub } from '../../client/hub/api.ts';
import { useAsked } from '../../client/hub/asked.ts';
import { Configuration } from './Configuration.tsx';
import { DeleteTag } from './DeleteTag.tsx';
import { ImageContents } from './ImageContents.tsx';
import { Layers } from './Layers.tsx';
import { nameInLab, nameOutside, withReference } from './names.ts';
import { Children, Referrers } from './Others.tsx';
import { Badge, Digest, Plate, platformWord, Shown, sizeWord, When } from './parts.tsx';

export function ImagePage({ repository, reference }: { repository: string; reference: string }) {
  const asked = useAsked(`${repository} ${reference}`, () => hub.image(repository, reference));
  return (
    <Shown asked={asked} what={withReference(repository, reference)}>
      {(page) => <Image page={page} again={asked.again} />}
    </Shown>
  );
}

function Image({ page, again }: { page: HubImagePage; again: () => Promise<void> }) {
  const { repository, tag, isOfficial, contents, rights } = page;
  const digest = contents?.digest ?? '';
  const reference = tag ?? digest;
  return (
    <>
      <header class="hub-title">
        <h1>
          <code>
            {repository}
            <wbr />
            {tag === null ? `@${digest.slice(0, 19)}…` : `:${tag}`}
          </code>
        </h1>
        {isOfficial && <Badge kind="official" />}
        {tag !== null && contents && rights.delete && (
          <DeleteTag
            {...{ repository, tag, digest }}
            isButton
            deleted={() => location.assign(hubAddress(repository))}
          />
        )}
      </header>
      {contents ? (
        <>
          <PullCommands page={page} reference={reference} />
          <Facts page={page} />
        </>
      ) : (
        <p class="hub-empty">
          This image is not built yet: {page.waitsFor || 'the hub cannot read what it holds'}. Its layers show here as
          soon as it is there.
        </p>
      )}
      {page.children.length > 0 && <Children page={page} />}
      {page.steps.length > 0 && <Layers page={page} />}
      {page.config && <Configuration config={page.config} />}
      {digest !== '' && contents?.kind !== 'artifact' && (
        <ImageContents
          {...{ repository, reference: digest }}
          referrers={page.referrers.map((one) => one.digest)}
          made={again}
        />
      )}
      {page.referrers.length > 0 && <Referrers page={page} />}
    </>
  );
}

function PullCommands({ page, reference }: { page: HubImagePage; reference: string }) {
  const { repository, isOfficial, contents } = page;
  const outside = withReference(nameOutside(repository), reference);
  if (contents?.kind === 'artifact')
    return (
      <p class="hub-note">
        Docker pulls images alone. Another program fetches this: <code>oras pull {outside}</code>
      </p>
    );
  return (
    <>
      <Plate label="In a lab" command={`docker pull ${withReference(nameInLab(repository, isOfficial), reference)}`} />
      <p class="hub-note">
        From another machine: <code>docker pull {outside}</code>
      </p>
    </>
  );
}

function Facts({ page }: { page: HubImagePage }) {
  const { contents, tag, tags, pushedAt, pushedBy, repository, config } = page;
  if (!contents) return null;
  const kind = { image: 'An image', index: 'An index: one image for each platform', artifact: 'No image' } as const;
  return (
    <dl class="hub-facts-list hub-glance">
      <div class="hub-all">
        <dt>Digest</dt>
        <dd>
          <span class="hub-whole-digest">{contents.digest}</span>
          {tag !== null && (
            <small>
              The tag may move; the digest names these bytes for good:{' '}
              <a href={hubAddress(repository, contents.digest)}>this image by its digest</a>
            </small>
          )}
        </dd>
      </div>
      <div>
        <dt>What it is</dt>
        <dd>
          {kind[contents.kind]}
          <small>{contents.mediaType}</small>
        </dd>
      </div>
      <div>
        <dt>Size</dt>
        <dd>
          {sizeWord(contents.bytes)}
          <small>compressed, as it is pulled</small>
        </dd>
      </div>
      {contents.platforms.length > 0 && (
        <div>
          <dt>Platform</dt>
          <dd>{contents.platforms.map(platformWord).join(', ')}</dd>
        </div>
      )}
      {pushedAt !== null && (
        <div>
          <dt>Pushed</dt>
          <dd>
            <When at={pushedAt} />
            {pushedBy !== null && ` by ${pushedBy}`}
          </dd>
        </div>
      )}
      {config && (
        <div>
          <dt>Image ID</dt>
          <dd>
            <Digest digest={config.digest} />
            <small>the digest of its configuration, as docker images shows it</small>
          </dd>
        </div>
      )}
      {tags.length > 0 && (
        <div>
          <dt>{tag === null ? 'Tags' : 'Other tags'}</dt>
          <dd>
            {tags.map((other, n) => (
              <span key={other}>
                {n > 0 && ', '}
                <a href={hubAddress(repository, other)}>{other}</a>
              </span>
            ))}
          </dd>
        </div>
      )}
    </dl>
  );
}
