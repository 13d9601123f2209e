/** What is in an image: the packages that it holds, newer versions of them, and their known vulnerabilities. */
import { type HubImageContents, hubAddress } from '@drydock/sandbox-server/protocol';
import { useEffect, useRef } from 'preact/hooks';
import { hub } from '../../client/hub/api.ts';
import { useAsked } from '../../client/hub/asked.ts';
import { counted } from '../engine-view/sizes.ts';
import { Packages } from './Packages.tsx';
import { Shown } from './parts.tsx';
import { Vulnerabilities } from './Vulnerabilities.tsx';

/** While it is looked into, it is asked for again so often. */
const againMs = 1_500;

interface ImageContentsProps {
  readonly repository: string;
  readonly reference: string;
  /** Digests of what refers to it, as far as the page knows. */
  readonly referrers: readonly string[];
  /** Its SBOM refers to it too, by now. */
  readonly made: () => void;
}

export function ImageContents({ repository, reference, referrers, made }: ImageContentsProps) {
  const asked = useAsked(`contents ${repository} ${reference}`, () => hub.contents(repository, reference));
  const { value, again } = asked;
  const isComing = value?.state === 'coming';
  useEffect(() => {
    if (!isComing) return;
    const timer = setTimeout(() => void again(), againMs);
    return () => clearTimeout(timer);
  }, [isComing, value, again]);
  const sbom = value?.sbom ?? null;
  const told = useRef(false);
  useEffect(() => {
    if (sbom === null || told.current || referrers.includes(sbom)) return;
    told.current = true;
    made();
  }, [sbom, referrers, made]);
  return (
    <section class="hub-section">
      <h2>What is in it</h2>
      <Shown asked={asked} what="what is in it">
        {(contents) => <Found repository={repository} contents={contents} />}
      </Shown>
    </section>
  );
}

function Found({ repository, contents }: { repository: string; contents: HubImageContents }) {
  const { state, why, release, packages, sbom, updates } = contents;
  if (state !== 'made')
    return (
      <p class="hub-note" role={state === 'coming' ? 'status' : undefined}>
        {why}
        {release && ` It says that it is ${release.name}.`}
      </p>
    );
  return (
    <>
      <p class="hub-note">
        {release ? release.name : 'A release that it does not name'}, {counted(packages.length, 'Debian package')}
        {sbom !== null && (
          <>
            , all of them in a <a href={hubAddress(repository, sbom)}>list for programs</a> (an SBOM)
          </>
        )}
        .
      </p>
      <Vulnerabilities told={contents.vulnerabilities} />
      <h3>Packages</h3>
      <p class="hub-note">
        {updates.known
          ? `${updates.many === 0 ? 'None' : updates.many} of them ${updates.many === 1 ? 'has' : 'have'} a newer version in ${updates.suites.map(({ name, date }) => `${name} (of ${date.slice(0, 10)})`).join(', ')}.`
          : updates.why}
      </p>
      <Packages packages={packages} />
    </>
  );
}
