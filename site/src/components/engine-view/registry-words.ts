/** Registries in words: what they hold, what travels, and what has changed. */
import type {
  RegistriesView,
  ViewMove,
  ViewMovedLayer,
  ViewRegistry,
  ViewRepository,
} from '@drydock/sandbox-server/protocol';
import { counted, diskSize } from './sizes.ts';

/** `web:2`, `ann/web@1a2b3c4d5e6f`: what travels, as it is typed. */
export function cargoName({ repository, reference }: ViewMove): string {
  return reference.startsWith('@') ? `${repository}${reference}` : `${repository}:${reference}`;
}

/** `4 of 12 MB`, `sent 5 MB`, `there already`: what one layer of a move does. */
export function layerWords(
  { state, bytes, movedBytes }: ViewMovedLayer,
  { direction, state: whole }: ViewMove,
): string {
  const verb = direction === 'push' ? 'sent' : 'fetched';
  if (whole === 'failed' && (state === 'waiting' || state === 'moving')) return `not ${verb}`;
  if (state === 'there') return 'there already';
  if (state === 'elsewhere') return 'from another repository';
  if (state === 'waiting') return 'waits';
  if (state === 'moving') return movedBytes > 0 ? `${diskSize(movedBytes)} of ${diskSize(bytes)}` : 'on its way';
  return `${verb} ${diskSize(bytes)}`;
}

const isThere = ({ state }: ViewMovedLayer): boolean => state === 'there' || state === 'elsewhere';

/** `1 layer sent, 2 were there already`. */
export function cargoWords({ direction, state, layers }: ViewMove): string {
  if (state === 'failed') return 'it did not arrive; the terminal says why';
  const moved = layers.filter((layer) => layer.state === 'moved').length;
  const there = layers.filter(isThere).length;
  const verb = direction === 'push' ? 'sent' : 'fetched';
  const done =
    moved === 0 && state === 'done'
      ? `no layer ${verb}`
      : `${counted(moved, 'layer')} ${verb}${state === 'going' ? ` of ${layers.length - there}` : ''}`;
  return there === 0 ? done : `${done}, ${there} ${there === 1 ? 'was' : 'were'} there already`;
}

/** A sentence without its full stop. */
export function moveWords(move: ViewMove): string {
  const { host, direction, registry, state } = move;
  const verbs = {
    push: { going: 'pushes', done: 'has pushed', failed: 'has tried to push' },
    pull: { going: 'pulls', done: 'has pulled', failed: 'has tried to pull' },
  } as const;
  const way = direction === 'push' ? 'to' : 'from';
  return `${host} ${verbs[direction][state]} ${cargoName(move)} ${way} ${registry}: ${cargoWords(move)}`;
}

function repositoryWords({ name, visibility, tags }: ViewRepository): string {
  const kind = visibility === null ? '' : ` (${visibility})`;
  const named = tags.map((tag) => `${tag.name} at ${tag.digest}`).join(', ');
  return `${name}${kind} with ${tags.length === 0 ? 'no tag' : `${tags.length === 1 ? 'the tag' : 'the tags'} ${named}`}`;
}

export function registryWords({ name, hub, repositories }: ViewRegistry): string {
  const what = hub ? `${name}, the hub` : name;
  if (repositories.length === 0) return `Registry ${what}: nothing of this lab is in it.`;
  return `Registry ${what}: ${repositories.map(repositoryWords).join('; ')}.`;
}

/** A sentence for each registry and for the last push or pull of each host. */
export function registriesInWords(view: RegistriesView | undefined): readonly string[] {
  if (view === undefined || view.registries.length === 0) return [];
  return [...view.registries.map(registryWords), ...view.moves.map((move) => `${moveWords(move)}.`)];
}

/** What has arrived, or failed, from one view to the next; empty where nothing has. */
export function moveNews(before: RegistriesView | undefined, now: RegistriesView): string {
  const ended = new Set((before?.moves ?? []).filter(({ state }) => state !== 'going').map(keyOf));
  const news = now.moves.filter((move) => move.state !== 'going' && move.fresh && !ended.has(keyOf(move)));
  return news.map((move) => `${moveWords(move)}.`).join(' ');
}

/** Of all moves of the lab. */
export function keyOf({ host, id }: ViewMove): string {
  return `${host} ${id}`;
}
