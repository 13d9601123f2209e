// The words of the classic builder: its errors, and the history that it writes.

import { EngineError } from '../../errors.ts';
import { GrpcError } from '../grpc/status.ts';
import type { HistoryEntry, ImageDocument } from '../language/image-document.ts';
import type { Instruction } from '../language/instructions.ts';
import type { Tree } from '../language/steps.ts';

/** The last line of a build that failed. */
export interface FailureLine {
  readonly errorDetail: { readonly code?: number; readonly message: string };
  readonly error: string;
}

const needsBuildKit = (option: string): EngineError =>
  new EngineError(
    'invalid',
    `the ${option} option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled`,
  );

/** Throws invalid for what only BuildKit can do. */
export function checkClassic(instruction: Instruction): void {
  if (instruction.kind === 'run' && instruction.mounts.length > 0) throw needsBuildKit('--mount');
  if ((instruction.kind === 'copy' || instruction.kind === 'add') && instruction.chmod !== '')
    throw needsBuildKit('--chmod');
  if (instruction.kind === 'add' && instruction.checksum !== '') throw needsBuildKit('--checksum');
}

/** `tree`: what was being made. */
export function failureLine(error: unknown, instruction: Instruction | null, tree: Tree): FailureLine {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof GrpcError ? exitCodeOf(error) : null;
  if (code !== null && tree?.kind === 'run') {
    const said = `The command '${tree.arguments.join(' ')}' returned a non-zero code: ${code}`;
    return { errorDetail: { code, message: said }, error: said };
  }
  const [, quoted, plain] =
    /^(?:failed to compute cache key: .*: ("(?:[^"\\]|\\.)*"): not found|lstat (.*): no such file or directory)$/.exec(
      message,
    ) ?? [];
  const missing = quoted === undefined ? plain : String(JSON.parse(quoted));
  if (missing !== undefined && instruction) {
    const path = missing.replace(/^\//, '');
    const isContext = instruction.kind !== 'copy' || instruction.from === '';
    const where = isContext ? 'file not found in build context or excluded by .dockerignore: ' : '';
    const said = `${instruction.kind.toUpperCase()} failed: ${where}stat ${path}: file does not exist`;
    return { errorDetail: { message: said }, error: said };
  }
  return { errorDetail: { message }, error: message };
}

function exitCodeOf({ details }: GrpcError): number | null {
  for (const { typeUrl, value } of details)
    if (typeUrl.includes('ExitMessage') && 'Code' in value) return Number(value.Code);
  return null;
}

/** A command that has an entry of its own in the history, and the layer that it has made. */
export interface Recorded {
  readonly instruction: Instruction;
  readonly diffId: string;
}

/** The image with the classic builder's words for what it did: `recorded` is for the last entries. */
export function withClassicHistory(image: ImageDocument, recorded: readonly Recorded[]): ImageDocument {
  const { history = [] } = image;
  const own = history.length - recorded.length;
  const entries = history.map((entry, index) => {
    const made = recorded[index - own];
    return made ? classicEntry(entry, made) : entry;
  });
  return { ...image, history: entries };
}

function classicEntry(entry: HistoryEntry, { instruction, diffId }: Recorded): HistoryEntry {
  const { comment: _comment, created_by: createdBy = '', ...rest } = entry;
  const nop = (text: string): HistoryEntry => ({ ...rest, created_by: `/bin/sh -c #(nop) ${text}` });
  switch (instruction.kind) {
    case 'run':
      return { ...rest, created_by: createdBy.replace(/^RUN /, '').replace(/ # buildkit$/, '') };
    case 'add':
    case 'copy': {
      const what = instruction.sources.length + instruction.inlineFiles.length > 1 ? 'multi' : 'file';
      const keyword = instruction.kind.toUpperCase();
      return nop(`${keyword} ${what}:${diffId.replace('sha256:', '')} in ${instruction.destination} `);
    }
    case 'workdir':
      return nop(createdBy);
    default:
      return nop(` ${createdBy}`);
  }
}
