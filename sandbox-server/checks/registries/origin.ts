// Whether an image came from a repository, as a check asks for of a container or an image.

import { type FromRepository, hubName } from '../../../lessons/schema.ts';
import { allHold, type Compared, compareOne } from '../compared.ts';
import type { MoveFact, RepositoryFact } from './facts.ts';
import { lastPush } from './moves-check.ts';
import { parseRepository, repositoryKey } from './names.ts';
import { shortDigest } from './repository-check.ts';

/** An image, or the one of a container. */
export interface Origin {
  /** Names with digests, as `docker inspect` tells them: `hub.drydock/ann/web@sha256:…`. */
  readonly repoDigests: readonly string[];
  /** It was named by its digest. */
  readonly byDigest: boolean;
}

export interface OriginFacts {
  /** By `repositoryKey`, of the check's host. */
  readonly repositories: ReadonlyMap<string, RepositoryFact>;
  /** Undefined where nobody asked. */
  movesOf(host: string): readonly MoveFact[] | undefined;
}

/** The key of what a check wants in `origins` of a container or an image. */
export const originKey = (wanted: FromRepository): string => JSON.stringify(wanted);

/** `instead` goes after the name of the thing: `its image …`. */
export function compareOrigin(wanted: FromRepository, has: Origin, facts: OriginFacts): Compared {
  const { name, tag, pushedBy, byDigest } = wanted;
  const digests = digestsIn(name, has.repoDigests);
  if (digests.length === 0) return { holds: false, instead: `its image did not come from ${name}` };
  const compared = [
    ...compareOne(tag, (of): Compared => {
      const repository = facts.repositories.get(repositoryKey({ name }));
      if (repository === undefined) return { holds: null, instead: '' };
      const points = repository.tags.get(of);
      if (points === undefined) return { holds: false, instead: `${name} has no tag ${of}` };
      return {
        holds: digests.includes(points.digest),
        instead: `its image is ${shortDigest(digests[0] ?? '')}, and the tag ${of} of ${name} points to ${shortDigest(points.digest)} now`,
      };
    }),
    ...compareOne(pushedBy, (host): Compared => {
      const push = lastPush(facts.movesOf(host), name);
      if (push === undefined) return { holds: null, instead: '' };
      if (push === null) return { holds: false, instead: `${host} has pushed nothing to ${name} yet` };
      return {
        holds: digests.includes(push.digest ?? ''),
        instead: `its image is ${shortDigest(digests[0] ?? '')}, and ${host} has pushed ${shortDigest(push.digest ?? '')} last`,
      };
    }),
    ...compareOne(
      byDigest,
      (is): Compared => ({
        holds: is === has.byDigest,
        instead: is ? 'it was named by a tag, and not by its digest' : 'it was named by its digest, and not by a tag',
      }),
    ),
  ];
  const holds = allHold(compared);
  return { holds, instead: compared.find((one) => one.holds === false)?.instead ?? '' };
}

/** The digests that the repository has the image by. */
function digestsIn(name: string, repoDigests: readonly string[]): readonly string[] {
  const { registry, repository } = parseRepository(name);
  const forms = [`${registry}/${repository}@`];
  // `redis@sha256:…` is Docker Hub's.
  if (registry === 'docker.io') forms.push(`${repository}@`, `${repository.replace(/^library\//, '')}@`);
  return repoDigests.flatMap((one) => {
    const form = forms.find((each) => one.startsWith(each));
    return form === undefined ? [] : [one.slice(form.length)];
  });
}

export function originInWords({ name, tag, pushedBy, byDigest }: FromRepository): string {
  const from = name.startsWith(`${hubName}/`) ? name.slice(hubName.length + 1) : name;
  const said = [
    ...(tag === undefined ? [] : [`as its tag ${tag} is now`]),
    ...(pushedBy === undefined ? [] : [`as ${pushedBy} has pushed it last`]),
    ...(byDigest === true ? ['named by its digest'] : []),
  ];
  return `from the repository ${from}${said.length === 0 ? '' : `, ${said.join(', ')}`}`;
}
