/** The first page: what is one's own, and the search over all that one may see. */
import type { HubMe, HubRepositoryList, HubSeenRepository } from '@drydock/sandbox-server/protocol';
import { hubAddress } from '@drydock/sandbox-server/protocol';
import { useEffect, useState } from 'preact/hooks';
import { hub, sentenceFor } from '../../client/hub/api.ts';
import { useAsked } from '../../client/hub/asked.ts';
import { Plate, Shown } from './parts.tsx';
import { RepositoryRows } from './RepositoryRows.tsx';

/** Between two keys; then it is asked for. */
const pauseMs = 250;
/** Namespaces of one's own whose repositories stand on the first page; the others are named. */
const maxOwn = 4;

interface Home {
  readonly list: HubRepositoryList;
  readonly own: readonly { readonly name: string; readonly repositories: readonly HubSeenRepository[] }[];
  /** Namespaces of one's own that are named alone. */
  readonly others: readonly string[];
}

/** All of the page at once, so that nothing on it jumps. */
async function homeOf(wanted: string): Promise<Home> {
  const isSearch = wanted !== '';
  const [list, me] = await Promise.all([hub.list(wanted), isSearch ? undefined : hub.me()]);
  const names = (me?.namespaces ?? []).map(({ name }: HubMe['namespaces'][number]) => name);
  const own = await Promise.all(
    names.slice(0, maxOwn).map(async (name) => ({ name, repositories: (await hub.list('', name)).repositories })),
  );
  return { list, own, others: names.slice(maxOwn) };
}

export function SearchPage() {
  const [text, setText] = useState(() => new URLSearchParams(location.search).get('q') ?? '');
  const [wanted, setWanted] = useState(text.trim());
  useEffect(() => {
    const timer = setTimeout(() => setWanted(text.trim()), pauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    history.replaceState(null, '', wanted === '' ? '/hub/' : `/hub/?q=${encodeURIComponent(wanted)}`);
  }, [wanted]);
  const found = useAsked(`list ${wanted}`, () => homeOf(wanted));
  return (
    <>
      <h1>Hub</h1>
      <p class="hub-lede">
        The registry of this Drydock: images that people here have pushed, and the official ones. Every lab pulls from
        it and pushes to it, also without the internet.
      </p>
      <search>
        <form
          class="hub-search"
          onSubmit={(event) => {
            event.preventDefault();
            setWanted(text.trim());
          }}
        >
          <label for="hub-text">Search repositories</label>
          <input
            id="hub-text"
            type="search"
            value={text}
            maxLength={255}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            placeholder="redis, or a name"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </form>
      </search>
      <Shown asked={found} what="its repositories">
        {(home) => (
          <>
            <Own {...home} />
            <Found list={home.list} wanted={wanted} own={home.own.map(({ name }) => name)} />
          </>
        )}
      </Shown>
    </>
  );
}

function Found({ list, wanted, own }: { list: HubRepositoryList; wanted: string; own: readonly string[] }) {
  const [more, setMore] = useState<readonly HubSeenRepository[]>([]);
  const [next, setNext] = useState(list.next);
  const [said, setSaid] = useState('');
  useEffect(() => {
    setMore([]);
    setNext(list.next);
  }, [list]);
  const all = [...list.repositories, ...more];
  const official = all.filter(({ isOfficial }) => isOfficial);
  // One's own stand above already.
  const others = all.filter(({ isOfficial, name }) => !isOfficial && !own.includes(name.split('/', 1)[0] ?? ''));
  const showMore = async () => {
    try {
      const page = await hub.list(wanted, undefined, next ?? '');
      setMore([...more, ...page.repositories]);
      setNext(page.next);
      setSaid('');
    } catch (error) {
      setSaid(sentenceFor(error));
    }
  };
  return (
    <>
      <p class="unseen" role="status">
        {wanted === '' ? '' : `${all.length}${next === null ? '' : ' or more'} repositories found.`}
      </p>
      {wanted !== '' && all.length === 0 && next === null && (
        <p class="hub-empty">
          No repository that you may see has <b>{wanted}</b> in its name. Names are short: try a part of it.
        </p>
      )}
      {others.length > 0 && (
        <section class="hub-section">
          <h2>{wanted === '' ? 'Pushed here' : 'Found'}</h2>
          <RepositoryRows repositories={others} />
        </section>
      )}
      {official.length > 0 && (
        <section class="hub-section">
          <h2>Official images</h2>
          <RepositoryRows repositories={official} />
        </section>
      )}
      {next !== null && (
        <p class="hub-more">
          <button type="button" class="button" onClick={() => void showMore()}>
            Show more
          </button>
          {said !== '' && <span role="alert">{said}</span>}
        </p>
      )}
    </>
  );
}

function Own({ own, others }: Home) {
  if (own.length === 0) return null;
  return (
    <section class="hub-section">
      <h2>Yours</h2>
      {own.map(({ name, repositories }) => (
        <div class="hub-own" key={name}>
          <h3>
            <a href={hubAddress(name)}>{name}</a>
          </h3>
          {repositories.length === 0 ? <NothingYet name={name} /> : <RepositoryRows repositories={repositories} />}
        </div>
      ))}
      {others.length > 0 && (
        <p class="hub-note">
          Also{' '}
          {others.map((name, n) => (
            <span key={name}>
              {n > 0 && ', '}
              <a href={hubAddress(name)}>{name}</a>
            </span>
          ))}
          .
        </p>
      )}
    </section>
  );
}

function NothingYet({ name }: { name: string }) {
  return (
    <div class="hub-empty">
      <p>Nothing was pushed here yet. What you push from your lab shows here, with its tags and layers:</p>
      <Plate command={`docker pull nginx && docker tag nginx hub.drydock/${name}/web:1`} />
      <Plate command={`docker push hub.drydock/${name}/web:1`} />
    </div>
  );
}
