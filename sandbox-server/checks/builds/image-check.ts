// Whether an image is what a check asks for. What is found instead is a part of a sentence here.

import type { BaseTold } from '@drydock/runtime';
import type { ImageCheck, WantedInstruction } from '../../../lessons/schema.ts';
import { type Compared, compareLabels, compareOne } from '../compared.ts';
import { compareEnv } from '../container-details.ts';
import type { ImageFact } from '../facts.ts';
import { originKey } from '../registries/origin.ts';
import { listed, shown } from '../shown.ts';
import { bytesOf, sizeInWords } from '../sizes.ts';
import { inOrder, instructionInWords, isWanted, missingInWords } from './instructions.ts';

/** Other facts that an image is compared by. */
export interface ImageSurroundings {
  /** An image by its name: undefined where nobody asked, null where there is none. */
  image(name: string): ImageFact | null | undefined;
  /** An image that is not in the list, and that builds have begun with. */
  base(name: string): BaseTold | null | undefined;
  /** Where a text stands in the image, as a part of a sentence: undefined where nobody asked, null for nowhere. */
  textIn(name: string, text: string): string | null | undefined;
}

const unknown: Compared = { holds: null, instead: '' };
const told = (text: string): string => shown(text) || 'empty';

/** The user of whoever has no name for it, and root's own. */
export function isRoot(user: string): boolean {
  const [name = ''] = user.split(':');
  return name === '' || name === 'root' || /^0+$/.test(name);
}

const portOf = (port: string): string => (port.includes('/') ? port : `${port}/tcp`);

function onTopOf(base: BaseTold | null | undefined, name: string, has: ImageFact): Compared {
  if (base === undefined) return unknown;
  if (base === null) return { holds: false, instead: `there is no image ${name} to compare it with` };
  const isBase = base.layers.every((layer, place) => has.layers[place] === layer);
  return { holds: isBase && base.layers.length > 0 && has.id !== base.id, instead: `it was not made from ${name}` };
}

function sameAs(twin: ImageFact | null | undefined, name: string, has: ImageFact): Compared {
  if (twin === undefined) return unknown;
  const instead = twin === null ? `there is no image ${name}` : `it is another image than ${name}`;
  return { holds: twin?.id === has.id, instead };
}

function smallerThan(other: ImageFact | null | undefined, name: string, has: ImageFact): Compared {
  if (other === undefined) return unknown;
  if (other === null) return { holds: false, instead: `there is no image ${name} to compare it with` };
  const instead = `its size is ${sizeInWords(has.sizeBytes)}, and that of ${name} ${sizeInWords(other.sizeBytes)}`;
  return { holds: has.sizeBytes < other.sizeBytes, instead };
}

function compareHistory({ history, historyNot }: ImageCheck, has: ImageFact): readonly Compared[] {
  const entries = has.history;
  if (entries === null) return history === undefined && historyNot === undefined ? [] : [unknown];
  return [
    ...compareOne(history, (wanted) => {
      const reached = inOrder(wanted, entries);
      return { holds: reached.missing === null, instead: `in its history ${missingInWords(reached)}` };
    }),
    ...compareOne(historyNot, (wanted) => {
      const there = wanted.find((one: WantedInstruction) => entries.some((entry) => isWanted(one, entry)));
      const instead = there === undefined ? '' : `its history has ${instructionInWords(there)}`;
      return { holds: there === undefined, instead };
    }),
  ];
}

/** Each wanted property, with what is there instead. */
export function compareImage(
  wanted: ImageCheck,
  has: ImageFact,
  { image, base, textIn }: ImageSurroundings,
): readonly Compared[] {
  return [
    ...compareOne(wanted.from, (name) => onTopOf(image(name) ?? base(name) ?? image(name), name, has)),
    ...compareOne(wanted.sameAs, (name) => sameAs(image(name), name, has)),
    ...compareOne(wanted.layers, (count) => ({
      holds: count === has.layers.length,
      instead: `it has ${has.layers.length} layers`,
    })),
    ...compareOne(wanted.digest, (digest) => ({
      holds: [has.id, ...has.digests].includes(digest),
      instead: `its id is ${has.id.slice(0, 19)}`,
    })),
    ...compareOne(wanted.command, (command) => ({
      holds: command === has.command,
      instead: `its command is ${told(has.command)}`,
    })),
    ...compareOne(wanted.entrypoint, (entrypoint) => ({
      holds: entrypoint === has.entrypoint,
      instead: `its entrypoint is ${told(has.entrypoint)}`,
    })),
    ...compareEnv(wanted.env ?? {}, has.env),
    ...compareLabels(wanted.labels, has.labels),
    ...compareOne(wanted.user, (user) => ({
      holds: user === has.user,
      instead: `its user is ${has.user === '' ? 'root' : told(has.user)}`,
    })),
    ...compareOne(wanted.runsAsRoot, (root) => ({
      holds: root === isRoot(has.user),
      instead: isRoot(has.user) ? 'it runs as root' : `it runs as ${told(has.user)}`,
    })),
    ...compareOne(wanted.workdir, (workdir) => ({
      holds: workdir === has.workdir,
      instead: `its working directory is ${told(has.workdir)}`,
    })),
    ...compareOne(wanted.exposes, (ports) => ({
      holds: ports.every((port) => has.exposes.includes(portOf(port))),
      instead: `it exposes ${shown(has.exposes.slice(0, 3).join(', ')) || 'nothing'}`,
    })),
    ...compareOne(wanted.volumes, (volumes) => ({
      holds: volumes.every((volume) => has.volumes.includes(volume)),
      instead: `its volumes are ${shown(has.volumes.slice(0, 3).join(', ')) || 'none'}`,
    })),
    ...compareOne(wanted.healthcheck, (is) => ({
      holds: is === has.hasHealthcheck,
      instead: has.hasHealthcheck ? 'it has a health check' : 'it has no health check',
    })),
    ...compareOne(wanted.stopSignal, (signal) => ({
      holds: signal === has.stopSignal,
      instead: `its stop signal is ${told(has.stopSignal || 'SIGTERM')}`,
    })),
    ...compareOne(wanted.smallerThan, (most) => ({
      holds: has.sizeBytes < bytesOf(most),
      instead: `its size is ${sizeInWords(has.sizeBytes)}`,
    })),
    ...compareOne(wanted.smallerThanImage, (name) => smallerThan(image(name), name, has)),
    ...compareHistory(wanted, has),
    ...(wanted.without ?? []).map((text): Compared => {
      const place = textIn(wanted.name, text);
      if (place === undefined) return unknown;
      return { holds: place === null, instead: `what should be secret stands ${place ?? 'in it'}` };
    }),
    ...compareOne(wanted.repository, (repository) => has.origins.get(originKey(repository)) ?? unknown),
  ];
}

const pairs = (all: Readonly<Record<string, string>>) => Object.entries(all).map(([name, value]) => `${name}=${value}`);

export function imageInWords(wanted: ImageCheck, originInWords: string | null): string {
  const { name, from, sameAs, layers, digest, command, entrypoint, env, labels, user, workdir } = wanted;
  const { runsAsRoot, exposes, volumes, healthcheck, stopSignal, smallerThan: most, smallerThanImage } = wanted;
  const { history, historyNot, without } = wanted;
  const instructions = (all: readonly WantedInstruction[]) => listed(all.map((one) => instructionInWords(one)));
  const said = [
    ...(from === undefined ? [] : [`made from ${from}`]),
    ...(sameAs === undefined ? [] : [`the same as ${sameAs}`]),
    ...(layers === undefined ? [] : [`of ${layers} layers`]),
    ...(digest === undefined ? [] : [`with the digest ${digest.slice(0, 19)}`]),
    ...(command === undefined ? [] : [`with the command ${command}`]),
    ...(entrypoint === undefined ? [] : [`with the entrypoint ${entrypoint}`]),
    ...(env === undefined ? [] : [`with the variable ${listed(pairs(env))}`]),
    ...(labels === undefined ? [] : [`with the label ${listed(pairs(labels))}`]),
    ...(user === undefined ? [] : [`with the user ${user}`]),
    ...(runsAsRoot === undefined ? [] : [runsAsRoot ? 'that runs as root' : 'that does not run as root']),
    ...(workdir === undefined ? [] : [`with the working directory ${workdir}`]),
    ...(exposes === undefined ? [] : [`that exposes port ${listed(exposes)}`]),
    ...(volumes === undefined ? [] : [`with the volume ${listed(volumes)}`]),
    ...(healthcheck === undefined ? [] : [`${healthcheck ? 'with' : 'without'} a health check`]),
    ...(stopSignal === undefined ? [] : [`with the stop signal ${stopSignal}`]),
    ...(most === undefined ? [] : [`smaller than ${most}`]),
    ...(smallerThanImage === undefined ? [] : [`smaller than ${smallerThanImage}`]),
    ...(history === undefined ? [] : [`with ${instructions(history)} in its history`]),
    ...(historyNot === undefined ? [] : [`without ${instructions(historyNot)} in its history`]),
    ...(without === undefined ? [] : ['without a secret in it']),
    ...(originInWords === null ? [] : [originInWords]),
  ];
  return `an image ${name}${said.length === 0 ? '' : `, ${said.join(', ')}`}`;
}
