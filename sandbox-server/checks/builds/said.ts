// An instruction of a Dockerfile as checks look at it, whether it stands in a file, in a build's step or in an image's history. Pure.

import { type Instruction, type Mount, parseMount, type ReadStage } from '@drydock/runtime/dockerfile';

export interface SaidMount extends Pick<Mount, 'type' | 'target' | 'source' | 'id'> {}

/** The stage that something stands in. */
export interface SaidStage {
  /** Empty where it has none. */
  readonly name: string;
  /** Null where it is not known. */
  readonly number: number | null;
  readonly isLast: boolean;
}

export interface SaidInstruction {
  /** In lower case. */
  readonly name: string;
  /** What stands behind its name, its blanks collapsed. */
  readonly text: string;
  /** COPY and ADD: sources. ENV, LABEL, ARG: `NAME=value`, or `NAME`. EXPOSE, VOLUME: each. Else empty. */
  readonly values: readonly string[];
  readonly to: string;
  /** COPY: a stage or an image; empty for the build context. */
  readonly from: string;
  readonly chown: string;
  readonly chmod: string;
  readonly mounts: readonly SaidMount[];
  readonly isExec: boolean;
  readonly stage: SaidStage | null;
}

const nothing = { values: [], to: '', from: '', chown: '', chmod: '', mounts: [], isExec: false } as const;

export const collapsed = (text: string): string => text.replace(/\s+/g, ' ').trim();

function mountOf(text: string): SaidMount[] {
  try {
    return [parseMount(text, (word) => word)];
  } catch {
    // Variables stand in it that the builder puts in.
    return [];
  }
}

function partsOf(instruction: Instruction): Partial<SaidInstruction> & { readonly text: string } {
  switch (instruction.kind) {
    case 'copy':
    case 'add': {
      const { sources, inlineFiles, destination: to, chown, chmod, code } = instruction;
      const values = [...sources, ...inlineFiles.map(({ path }) => path)];
      return { text: code, values, to, chown, chmod, from: instruction.kind === 'copy' ? instruction.from : '' };
    }
    case 'run': {
      const { words, isJson: isExec, heredocs, mounts } = instruction;
      const text = [...words, ...heredocs.map(({ content }) => content)].join(' ');
      return { text, isExec, mounts: mounts.flatMap(mountOf) };
    }
    case 'cmd':
    case 'entrypoint':
      return { text: instruction.words.join(' '), isExec: instruction.isJson };
    case 'env':
    case 'label': {
      const values = instruction.pairs.map(({ name, value }) => `${name}=${value}`);
      return { text: values.join(' '), values };
    }
    case 'arg': {
      const values = instruction.arguments.map(({ name, value }) => (value === null ? name : `${name}=${value}`));
      return { text: values.join(' '), values };
    }
    case 'expose':
      return { text: instruction.ports.join(' '), values: instruction.ports };
    case 'volume':
      return { text: instruction.volumes.join(' '), values: instruction.volumes };
    case 'healthcheck': {
      const [kind = '', ...words] = instruction.healthcheck.Test;
      return { text: kind === 'NONE' ? 'NONE' : words.join(' '), isExec: kind === 'CMD' };
    }
    case 'user':
      return { text: instruction.user };
    case 'workdir':
      return { text: instruction.path };
    case 'stopsignal':
      return { text: instruction.signal };
    case 'shell':
      return { text: instruction.shell.join(' ') };
    case 'onbuild':
      return { text: instruction.expression };
    case 'maintainer':
      return { text: instruction.maintainer };
  }
}

/** The instructions of a Dockerfile, FROM among them. */
export function saidInFile(stages: readonly ReadStage[]): readonly SaidInstruction[] {
  return stages.flatMap(({ name, base, instructions }, number) => {
    const stage: SaidStage = { name, number, isLast: number === stages.length - 1 };
    const from: SaidInstruction = { ...nothing, name: 'from', text: base, stage };
    return [
      from,
      ...instructions.map((instruction): SaidInstruction => {
        const { text, ...parts } = partsOf(instruction);
        return { ...nothing, name: instruction.kind, ...parts, text: collapsed(text), stage };
      }),
    ];
  });
}

/** The words of a line, with quotes taken off; `["a", "b"]` as its words. */
function wordsIn(text: string): string[] {
  if (text.startsWith('[')) {
    try {
      const list: unknown = JSON.parse(text);
      if (Array.isArray(list)) return list.map(String);
    } catch {
      // As Go prints a list: `["a" "b"]`, or `[80/tcp]`.
      return wordsIn(text.replace(/^\[|\]$/g, ''));
    }
  }
  return (text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, '$1'));
}

const lists = ['expose', 'volume', 'cmd', 'entrypoint', 'shell'];

/** As a step of a build or an image's history has it: `COPY package.json ./`. Null for what is no instruction. */
export function saidInText(text: string, stage: SaidStage | null): SaidInstruction | null {
  const [, keyword = '', rest = ''] = /^([A-Za-z]{2,12})(?:\s+([\s\S]*))?$/.exec(collapsed(text)) ?? [];
  const name = keyword.toLowerCase();
  if (name === '') return null;
  const said = { ...nothing, name, text: rest, stage };
  if (name === 'copy' || name === 'add') {
    const [, flags = '', files = ''] = /^((?:--\S+ )*)(.*)$/.exec(rest) ?? [];
    const [, from = ''] = /--from=(\S+)/.exec(flags) ?? [];
    const words = wordsIn(files);
    return { ...said, values: words.slice(0, -1), to: words.at(-1) ?? '', from };
  }
  if (name === 'env' || name === 'label') return { ...said, values: pairsIn(rest) };
  if (name === 'arg') return { ...said, values: rest.split(' ') };
  if (lists.includes(name) && rest.startsWith('[')) {
    const words = wordsIn(rest);
    return { ...said, text: words.join(' '), values: words, isExec: true };
  }
  // `map[80/tcp:{}]`, as the classic builder has it.
  if (name === 'expose') return { ...said, values: rest.match(/\d+\/[a-z]+/g) ?? wordsIn(rest) };
  return name === 'from' ? { ...said, text: rest.replace(/ as \S+$/i, '').replace(/@sha256:\w+$/, '') } : said;
}

/** `A=b C=d e`: a value may have blanks in it. */
function pairsIn(text: string): string[] {
  return text.split(/ (?=[A-Za-z_][\w.-]*=)/).map((pair) => pair.replace(/="(.*)"$/, '=$1'));
}

/** `created_by` of an image's history, as either builder writes it. Null for what is none of theirs. */
export function saidInHistory(createdBy: string): SaidInstruction | null {
  const plain = createdBy.replace(/\s*# buildkit\s*$/, '');
  const shell = /^(?:\|\d+ .*?)?\/bin\/sh -c (.*)$/s.exec(plain)?.[1];
  if (shell === undefined) return saidInText(plain, null);
  const setting = /^#\(nop\)\s+(.*)$/s.exec(shell)?.[1];
  // The classic builder says whence a file came by its digest: `COPY file:… in /app`.
  if (setting !== undefined) return saidInText(setting.replace(/ in (\S+)\s*$/, ' $1'), null);
  return saidInText(`RUN ${shell}`, null);
}
