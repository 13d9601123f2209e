// Whether a repository of a registry is what a check asks for. What is found instead is whole sentences here.

import { anonymous, hubName, nearest, type RepositoryCheck } from '../../../lessons/schema.ts';
import { type Compared, compareOne } from '../compared.ts';
import { listed, shown } from '../shown.ts';
import type { RepositoryFact, TagFact } from './facts.ts';
import { parseRepository } from './names.ts';

/** As much of a digest as tells it from another. */
export const shortDigest = (digest: string): string => `${digest.slice(0, 15)}…`;

/** What the host has by a name: undefined where nobody asked, null where it has nothing. */
type ImageOf = (name: string) => { readonly id: string } | null | undefined;

/** Each wanted property, with a sentence of what is there instead. */
export function compareRepository(
  wanted: RepositoryCheck,
  has: RepositoryFact | undefined,
  imageOf: ImageOf,
): readonly Compared[] {
  if (has === undefined) return [{ holds: null, instead: '' }];
  const { tag, tags, exists = true, visibility } = wanted;
  const asked = compareOne(visibility, (kind) => ({
    holds: has.visibility === null ? null : kind === has.visibility,
    instead: visibilityInWords(wanted, has),
  }));
  // Whoever has not logged in is told nothing but that.
  const isVisibilityAlone = visibility !== undefined && tag === undefined && tags === undefined;
  if (has.silence !== null)
    return asked.length > 0 && isVisibilityAlone && has.visibility !== null
      ? asked
      : [{ holds: false, instead: has.silence }];
  if (!exists) return [compareAbsence(wanted, has)];
  if (!has.exists) return [{ holds: false, instead: noRepository(wanted, has) }];
  const missing = [...new Set([...(tag === undefined ? [] : [tag]), ...(tags ?? [])])].find(
    (one) => !has.tags.has(one),
  );
  if (missing !== undefined) return [{ holds: false, instead: noTag(wanted, has, missing) }];
  const points = tag === undefined ? undefined : has.tags.get(tag);
  return [...(points ? compareTag(wanted, has, points, imageOf) : []), ...asked, ...comparePullers(wanted, has)];
}

function compareAbsence({ name, tag }: RepositoryCheck, has: RepositoryFact): Compared {
  if (tag === undefined) return { holds: !has.exists, instead: `The repository ${name} is still there.` };
  return { holds: !has.tags.has(tag), instead: `The tag ${tag} of ${name} is still there.` };
}

function noRepository({ name }: RepositoryCheck, { others }: RepositoryFact): string {
  const { registry, repository } = parseRepository(name);
  const where = registry === hubName ? 'The hub' : `The registry ${registry}`;
  const near = nearest(repository, others);
  const instead = near === undefined ? '' : ` There is ${shown(near)}.`;
  return `${where} has no repository ${repository} yet.${instead}`;
}

function noTag({ name }: RepositoryCheck, { tags }: RepositoryFact, missing: string): string {
  const names = [...tags.keys()];
  const more = names.length > 5 ? ', …' : '';
  if (names.length === 0) return `The repository ${name} has no tag yet.`;
  const its = names.length === 1 ? 'its only tag is' : 'its tags are';
  return `The repository ${name} has no tag ${missing}; ${its} ${listed(names.slice(0, 5).map(shown))}${more}.`;
}

function compareTag(
  { name, tag, digest, sameTag, otherThanTag, sameImage }: RepositoryCheck,
  { tags }: RepositoryFact,
  points: TagFact,
  imageOf: ImageOf,
): readonly Compared[] {
  const there = `The tag ${tag} is there, but it points to`;
  const withTag = (other: string, compare: (other: TagFact) => Compared): Compared => {
    const its = tags.get(other);
    return its ? compare(its) : { holds: false, instead: `The repository ${name} has no tag ${other}.` };
  };
  return [
    ...compareOne(digest, (is) => ({
      holds: is === points.digest,
      instead: `${there} ${shortDigest(points.digest)}, and not to ${shortDigest(is)}.`,
    })),
    ...compareOne(sameTag, (other) =>
      withTag(other, (its) => ({
        holds: its.digest === points.digest,
        instead: `The tags ${tag} and ${other} point to different digests, ${shortDigest(points.digest)} and ${shortDigest(its.digest)}.`,
      })),
    ),
    ...compareOne(otherThanTag, (other) =>
      withTag(other, (its) => ({
        holds: its.digest !== points.digest,
        instead: `The tags ${tag} and ${other} point to one digest, ${shortDigest(points.digest)}.`,
      })),
    ),
    ...compareOne(sameImage, (image) => {
      const its = imageOf(image);
      if (its === undefined || (its !== null && points.imageId === null)) return { holds: null, instead: '' };
      if (its === null) return { holds: false, instead: `There is no image ${image} on this host to compare it with.` };
      return {
        holds: its.id === points.imageId,
        instead: `${there} another image than ${image} of this host: push it again.`,
      };
    }),
  ];
}

function visibilityInWords({ name }: RepositoryCheck, { visibility }: RepositoryFact): string {
  const { registry } = parseRepository(name);
  if (registry !== hubName)
    return visibility === 'public'
      ? `The registry ${registry} asks for no password: everybody may pull from it.`
      : `The registry ${registry} asks for a name and a password.`;
  return visibility === 'public'
    ? `The repository ${name} is public: everybody may pull it.`
    : `The repository ${name} is private.`;
}

function comparePullers({ name, mayPull, mayNotPull }: RepositoryCheck, has: RepositoryFact): readonly Compared[] {
  const one = (puller: string, wanted: boolean): Compared => {
    const may = has.mayPull.get(puller);
    const who = puller === anonymous ? 'Whoever has not logged in' : `The host ${puller}`;
    return {
      holds: may === undefined ? null : may === wanted,
      instead: `${who} may ${may ? '' : 'not '}pull ${name}.`,
    };
  };
  return [...(mayPull ?? []).map((each) => one(each, true)), ...(mayNotPull ?? []).map((each) => one(each, false))];
}

const who = (pullers: readonly string[], or: string): string =>
  listed(
    pullers.map((puller) => (puller === anonymous ? 'whoever has not logged in' : puller)),
    or,
  );

export function repositoryInWords(wanted: RepositoryCheck): string {
  const { name, tls, login, tag, tags, exists, digest, sameTag, otherThanTag, sameImage } = wanted;
  const { visibility, mayPull, mayNotPull } = wanted;
  if (exists === false) return tag === undefined ? `no repository ${name}` : `no tag ${tag} in the repository ${name}`;
  const said = [
    ...(tls === true ? ['of a registry that answers by HTTPS'] : []),
    ...(login === undefined ? [] : [`that ${login.user} may read with a password`]),
    ...(tag === undefined ? [] : [`with the tag ${tag}`]),
    ...(tags === undefined ? [] : [`with the tags ${listed(tags)}`]),
    ...(digest === undefined ? [] : [`that points to ${shortDigest(digest)}`]),
    ...(sameTag === undefined ? [] : [`that points to the same as the tag ${sameTag}`]),
    ...(otherThanTag === undefined ? [] : [`that points to something else than the tag ${otherThanTag}`]),
    ...(sameImage === undefined ? [] : [`that is the image ${sameImage} of the host`]),
    ...(mayPull === undefined ? [] : [`that ${who(mayPull, 'and')} may pull`]),
    ...(mayNotPull === undefined ? [] : [`that ${who(mayNotPull, 'or')} may not pull`]),
  ];
  const kind = visibility === undefined ? 'repository' : `${visibility} repository`;
  return `a ${kind} ${name}${said.length === 0 ? '' : `, ${said.join(', ')}`}`;
}
