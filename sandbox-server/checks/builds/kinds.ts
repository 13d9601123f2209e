// The checks of images, Dockerfiles and builds, as judge.ts, found.ts and wanted.ts ask for them. Pure.

import type { BuiltCheck, Check, ImageCheck } from '../../../lessons/schema.ts';
import { allHold } from '../compared.ts';
import { type Facts, factsOf, type HostFacts } from '../facts.ts';
import { noFile } from '../file-place.ts';
import { originInWords } from '../registries/origin.ts';
import { listed } from '../shown.ts';
import { type BuiltSurroundings, builtFound, builtInWords, judgeBuilt } from './built-check.ts';
import {
  dockerfileFound,
  dockerfileInWords,
  dockerignoreFound,
  dockerignoreInWords,
  judgeDockerfile,
  judgeDockerignore,
} from './dockerfile-check.ts';
import { compareImage, type ImageSurroundings, imageInWords } from './image-check.ts';

/** The key of a text that is looked for in an image, in `HostFacts.textsInImages`. */
export const textKey = (image: string, text: string): string => JSON.stringify([image, text]);

const around = ({ images, bases, textsInImages }: HostFacts): ImageSurroundings => ({
  image: (name) => images.get(name),
  base: (name) => bases.get(name),
  textIn: (name, text) => textsInImages.get(textKey(name, text)),
});

function aroundBuilt(wanted: BuiltCheck, facts: Facts): BuiltSurroundings {
  const { builds, images } = factsOf(facts, wanted.host);
  return { builds, doneTasks: facts.doneTasks, image: (name) => images.get(name) };
}

function judgeImage(wanted: ImageCheck, facts: Facts): boolean | null {
  const host = factsOf(facts, wanted.host);
  const has = host.images.get(wanted.name);
  if (has === undefined || has === null) return has === null ? false : null;
  return allHold(compareImage(wanted, has, around(host)));
}

function imageFound(wanted: ImageCheck, facts: Facts): string {
  const { host, name } = wanted;
  const its = factsOf(facts, host);
  const has = its.images.get(name);
  if (has === undefined) return '';
  if (has === null) return `There is no image ${name} on this host yet.`;
  const differs = compareImage(wanted, has, around(its)).filter(({ holds }) => holds === false);
  return differs.length === 0 ? '' : `Found the image ${name}, but ${listed(differs.map(({ instead }) => instead))}.`;
}

/** Null where a fact was not asked for; undefined for other kinds. */
export function judgeBuilds(check: Check, facts: Facts): boolean | null | undefined {
  if ('image' in check) return judgeImage(check.image, facts);
  if ('built' in check) return judgeBuilt(check.built, aroundBuilt(check.built, facts));
  if ('dockerfile' in check) {
    const { dockerfiles, files } = factsOf(facts, check.dockerfile.host);
    const { path } = check.dockerfile;
    return judgeDockerfile(check.dockerfile, dockerfiles.get(path), files.get(path)?.exists);
  }
  if ('dockerignore' in check) {
    const { ignores, files } = factsOf(facts, check.dockerignore.host);
    const { path } = check.dockerignore;
    return judgeDockerignore(check.dockerignore, ignores.get(path), files.get(path)?.exists);
  }
  return undefined;
}

/** Of a check that does not hold; undefined for other kinds, empty where there is nothing to say yet. */
export function buildsFound(check: Check, facts: Facts): string | undefined {
  if ('image' in check) return imageFound(check.image, facts);
  if ('built' in check) return builtFound(check.built, aroundBuilt(check.built, facts));
  if (!('dockerfile' in check || 'dockerignore' in check)) return undefined;
  const said = 'dockerfile' in check ? check.dockerfile : check.dockerignore;
  const { dockerfiles, ignores, files } = factsOf(facts, said.host);
  const { path } = said;
  const [dockerfile, ignore] = [dockerfiles.get(path), ignores.get(path)];
  if ('dockerfile' in check && dockerfile !== undefined) return dockerfileFound(check.dockerfile, dockerfile);
  if ('dockerignore' in check && ignore !== undefined) return dockerignoreFound(check.dockerignore, ignore);
  const has = files.get(path);
  if (has === undefined) return '';
  return has.exists ? `${path} is no file of text that could be looked at.` : noFile(said);
}

/** A noun; undefined for other kinds. */
export function buildsInWords(check: Check): string | undefined {
  if ('image' in check) {
    const { repository } = check.image;
    return imageInWords(check.image, repository === undefined ? null : originInWords(repository));
  }
  if ('built' in check) return builtInWords(check.built);
  if ('dockerfile' in check) return dockerfileInWords(check.dockerfile);
  return 'dockerignore' in check ? dockerignoreInWords(check.dockerignore) : undefined;
}
