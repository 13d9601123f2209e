// The lists of the hub's pages: repositories and tags, and what a repository's own page says.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  HubNamespacePage,
  HubRepositoryList,
  HubRepositoryPage,
  HubSeenEvent,
  HubSeenRepository,
  HubSeenTag,
  HubTagList,
} from '../../client-hub-pages.ts';
import { EngineError } from '../../errors.ts';
import { maxShownEvents, maxShownRepositories, maxShownTags } from '../../limits.ts';
import { officialNamespace } from '../../registry/accounts/names.ts';
import type { DayOfPulls } from '../../registry/audit.ts';
import type { Row } from '../../registry/database.ts';
import { namespaceOf } from '../../registry/names.ts';
import type { Asker } from './asker.ts';
import { officialContents } from './official-page.ts';
import type { PageShelf } from './shelf.ts';

const time = (ms: unknown): string | null => (typeof ms === 'number' ? new Date(ms).toISOString() : null);
const sum = (days: readonly DayOfPulls[]): number => days.reduce((all, { pulls }) => all + pulls, 0);

/** An official image is pulled by its short name too. */
function pullsByDay({ registry, official }: PageShelf, repository: string): DayOfPulls[] {
  const days = registry.audit.pulls(repository);
  const short = official.nameOf(repository);
  if (short === null) return days;
  const others = registry.audit.pulls(short);
  return days.map(({ day, pulls }, n) => ({ day, pulls: pulls + (others[n]?.pulls ?? 0) }));
}

function officialRepository(shelf: PageShelf, name: string): HubSeenRepository {
  return {
    ...{ name, isOfficial: true, summary: shelf.official.summary(name), visibility: 'public' },
    ...{ tags: shelf.official.tags(name).length, pushedAt: null, pulls: sum(pullsByDay(shelf, name)) },
  };
}

const columns = `repository.id, repository.name, repository.visibility, namespace.visibility AS usual,
  (SELECT count(*) FROM tag WHERE tag.repository = repository.id) AS tags,
  (SELECT max(pushed) FROM manifest WHERE manifest.repository = repository.id) AS pushed`;

function ownRepository(shelf: PageShelf, row: Row): HubSeenRepository {
  return {
    ...{ name: String(row.name), isOfficial: false, summary: '' },
    visibility: (row.visibility ?? row.usual) === 'public' ? 'public' : 'private',
    tags: Number(row.tags),
    pushedAt: time(row.pushed),
    pulls: sum(pullsByDay(shelf, String(row.name))),
  };
}

/** The official ones first, on the first page; then all others that they may see, by name. */
export async function listRepositories(
  shelf: PageShelf,
  asker: Asker,
  { text, namespace, after }: { readonly text: string; readonly namespace: string | null; readonly after: string },
): Promise<HubRepositoryList> {
  const isOfficialAsked = after === '' && (namespace === null || namespace === officialNamespace);
  const found = isOfficialAsked
    ? shelf.official
        .repositories()
        .filter((name) => name.includes(text))
        .map((name) => officialRepository(shelf, name))
    : [];
  let many = 0;
  let last = after;
  for (let looked = 0; looked < maxSearchedNames; looked += sliceNames) {
    const names = namesAfter(shelf, last, namespace ?? '');
    for (const name of names) {
      last = name;
      if (!name.includes(text) || shelf.official.nameOf(name) || !asker.may(name, 'pull')) continue;
      const row = rowOf(shelf, name);
      if (row) found.push(ownRepository(shelf, row));
      await nextTurn();
      if (++many === maxShownRepositories) return { repositories: found, next: last };
    }
    if (names.length < sliceNames) return { repositories: found, next: null };
    await nextTurn();
  }
  return { repositories: found, next: last };
}

/** Names that are looked at before others have the event loop, and in one answer. */
const sliceNames = 100;
const maxSearchedNames = 5_000;

function namesAfter({ registry }: PageShelf, last: string, namespace: string): string[] {
  const rows = namespace
    ? registry.database.all(
        'SELECT name FROM repository WHERE namespace = ? AND name > ? ORDER BY name LIMIT ?',
        ...[namespace, last, sliceNames],
      )
    : registry.database.all('SELECT name FROM repository WHERE name > ? ORDER BY name LIMIT ?', last, sliceNames);
  return rows.map(({ name }) => String(name));
}

function rowOf({ registry }: PageShelf, name: string): Row | undefined {
  return registry.database.get(
    `SELECT ${columns} FROM repository LEFT JOIN namespace ON namespace.name = repository.namespace
       WHERE repository.name = ?`,
    name,
  );
}

export async function namespacePage(shelf: PageShelf, asker: Asker, name: string): Promise<HubNamespacePage> {
  if (name === officialNamespace) return { name, isOfficial: true, role: null, people: null };
  const role = asker.role(name);
  if (role !== null) return { name, isOfficial: false, role, people: shelf.accounts.namespaces.need(name) };
  // Strangers learn of it by what is public in it.
  const open = shelf.registry.database.get(
    `SELECT 1 FROM repository JOIN namespace ON namespace.name = repository.namespace WHERE repository.namespace = ?
       AND coalesce(repository.visibility, namespace.visibility) = 'public' LIMIT 1`,
    name,
  );
  if (!open)
    throw new EngineError('notFound', `there is no namespace ${name.slice(0, 80)} with anything for you to see`);
  return { name, isOfficial: false, role: null, people: null };
}

export function repositoryPage(shelf: PageShelf, asker: Asker, name: string): HubRepositoryPage {
  asker.mustSee(name);
  const rights = asker.rights(name);
  const days = pullsByDay(shelf, name);
  if (shelf.official.nameOf(name) !== null)
    return {
      ...officialRepository(shelf, name),
      ...{ ownVisibility: null, namespaceVisibility: 'public', rights, isOwner: false },
      ...{ bytes: shelf.official.bytes(name), pullsByDay: days },
    };
  const row = shelf.registry.database.get(
    `SELECT ${columns},
       (SELECT coalesce(sum(size), 0) FROM link JOIN blob ON blob.id = link.blob WHERE link.repository = repository.id) AS bytes
     FROM repository LEFT JOIN namespace ON namespace.name = repository.namespace WHERE repository.name = ?`,
    name,
  );
  if (!row) throw new EngineError('notFound', `nothing was pushed to ${name.slice(0, 100)} yet`);
  return {
    ...ownRepository(shelf, row),
    ownVisibility: row.visibility === 'public' || row.visibility === 'private' ? row.visibility : null,
    namespaceVisibility: row.usual === 'public' ? 'public' : 'private',
    ...{ rights, isOwner: asker.role(namespaceOf(name)) === 'owner' },
    ...{ bytes: Number(row.bytes), pullsByDay: days },
  };
}

export async function tagPage(shelf: PageShelf, asker: Asker, repository: string, skip: number): Promise<HubTagList> {
  asker.mustSee(repository);
  if (shelf.official.nameOf(repository) !== null) return { tags: officialTags(shelf, repository), next: null };
  const id = shelf.registry.repositories.find(repository);
  const rows = shelf.registry.database.all(
    'SELECT name, digest, moved, moved_by FROM tag WHERE repository = ? ORDER BY moved DESC, name LIMIT ? OFFSET ?',
    ...[id ?? -1, maxShownTags + 1, skip],
  );
  const tags: HubSeenTag[] = [];
  for (const row of rows.slice(0, maxShownTags)) {
    const digest = String(row.digest);
    tags.push({
      ...{ name: String(row.name), digest, movedAt: time(row.moved) },
      movedBy: typeof row.moved_by === 'string' ? row.moved_by : null,
      // The manifest may have been deleted while others were read.
      contents: await shelf.reader.contents(repository, digest).catch(() => null),
    });
    await nextTurn();
  }
  return { tags, next: rows.length > maxShownTags ? skip + maxShownTags : null };
}

function officialTags({ official }: PageShelf, repository: string): HubSeenTag[] {
  const tags = official.tags(repository).toSorted((a, b) => Number(b === 'latest') - Number(a === 'latest'));
  return tags.map((name) => {
    const entry = official.look(repository, name)?.entry ?? null;
    const contents = entry && officialContents(entry);
    return { name, contents, digest: contents?.digest ?? '', movedAt: null, movedBy: null };
  });
}

export function eventsOf(shelf: PageShelf, asker: Asker, namespace: string, before: number | null): HubSeenEvent[] {
  asker.mustOwn(namespace);
  return shelf.registry.audit
    .ofNamespace(namespace, before ?? Number.MAX_SAFE_INTEGER, maxShownEvents)
    .flatMap(({ id, at, action, who, repository, reference: tag, digest }) =>
      action === 'push' || action === 'pull' || action === 'delete' || action === 'delete-repository'
        ? [{ id, at: new Date(at).toISOString(), action, who, repository, tag, digest }]
        : [],
    );
}
