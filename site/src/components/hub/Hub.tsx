/** The hub: who one is there, and the page that the address names. */
import { type HubMe, type HubPlace, hubAddress } from '@drydock/sandbox-server/protocol';
import { useEffect } from 'preact/hooks';
import { hub } from '../../client/hub/api.ts';
import { type Asked, useAsked } from '../../client/hub/asked.ts';
import { AccountPage } from './AccountPage.tsx';
import { ImagePage } from './ImagePage.tsx';
import { NamespacePage } from './NamespacePage.tsx';
import { Missing } from './parts.tsx';
import { RepositoryPage } from './RepositoryPage.tsx';
import { SearchPage } from './SearchPage.tsx';
import { SignInPage } from './SignInPage.tsx';
import { WhoAmI } from './WhoAmI.tsx';

export function Hub({ place }: { place: HubPlace | null }) {
  const me = useAsked('me', hub.me);
  useEffect(() => {
    document.title = `${titleOf(place)} · Drydock`;
  }, [place]);
  return (
    <>
      <div class="hub-head">
        <Crumbs place={place} />
        <WhoAmI me={me.value} />
      </div>
      <Place place={place} me={me} />
    </>
  );
}

function Place({ place, me }: { place: HubPlace | null; me: Asked<HubMe> }) {
  switch (place?.kind) {
    case 'search':
      return <SearchPage />;
    case 'namespace':
      return <NamespacePage namespace={place.namespace} />;
    case 'repository':
      return <RepositoryPage repository={place.repository} />;
    case 'image':
      return <ImagePage repository={place.repository} reference={place.reference} />;
    case 'sign-in':
      return <SignInPage />;
    case 'account':
      return <AccountPage me={me} />;
    default:
      return <Missing what="a page" message="There is no page at this address." />;
  }
}

function titleOf(place: HubPlace | null): string {
  switch (place?.kind) {
    case 'namespace':
      return `${place.namespace} · Hub`;
    case 'repository':
      return `${place.repository} · Hub`;
    case 'image':
      return `${place.repository}${hubAddress('', place.reference).slice('/hub/'.length)} · Hub`;
    case 'sign-in':
      return 'Sign in · Hub';
    case 'account':
      return 'Your account · Hub';
    default:
      return 'Hub';
  }
}

/** The way up: each part of a name is a place. */
function Crumbs({ place }: { place: HubPlace | null }) {
  if (place === null || place.kind === 'search') return <p class="hub-crumbs" />;
  const steps: { readonly name: string; readonly address: string }[] = [{ name: 'Hub', address: '/hub/' }];
  if (place.kind === 'repository' || place.kind === 'image') {
    const [namespace = ''] = place.repository.split('/', 1);
    steps.push({ name: namespace, address: hubAddress(namespace) });
  }
  if (place.kind === 'image')
    steps.push({
      name: place.repository.slice(place.repository.indexOf('/') + 1),
      address: hubAddress(place.repository),
    });
  return (
    <nav class="hub-crumbs" aria-label="Where this is in the hub">
      {steps.map(({ name, address }, n) => (
        <span key={address}>
          {n > 0 && <i aria-hidden="true">/</i>}
          <a href={address}>{name}</a>
        </span>
      ))}
    </nav>
  );
}
