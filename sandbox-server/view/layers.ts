// An image's layers with the step that made each, from its history and its digests. Pure.

import { z } from 'zod';
import type { ViewLayer } from '../protocol.ts';
import { instruction } from './instruction.ts';
import { plainText } from './plain-text.ts';

const maxMadeLength = 80;
/** More than an image can have (overlayfs and moby stop at 127); steps without files come on top. */
const maxSteps = 200;

const history = z.array(z.object({ CreatedBy: z.string().nullish(), Size: z.number() })).max(10_000);
const rootfs = z.object({ RootFS: z.object({ Layers: z.array(z.string()).nullish() }) });

/** Instructions that only change an image's configuration. */
const settings = /^(ENV|EXPOSE|CMD|ENTRYPOINT|LABEL|USER|STOPSIGNAL|MAINTAINER|ARG|HEALTHCHECK|ONBUILD|SHELL|VOLUME)\b/;

/**
 * The base first. From the answers to `GET /images/X/history` and `GET /images/X/json`; throws ZodError if they are not of that
 * form. A history does not say which of its steps have a layer. Where that cannot be told, the layers have no steps.
 */
export function layersFrom(historyAnswer: unknown, imageAnswer: unknown): readonly ViewLayer[] {
  const digests = rootfs.parse(imageAnswer).RootFS.Layers ?? [];
  const steps = history
    .parse(historyAnswer)
    .slice(0, maxSteps)
    .reverse()
    .map(({ CreatedBy, Size }) => ({ made: instruction(CreatedBy ?? ''), size: Size }));
  const guesses = [
    (step: { size: number }) => step.size > 0,
    (step: { made: string; size: number }) => step.size > 0 || !settings.test(step.made),
  ];
  const hasLayer = guesses.find((guess) => steps.filter(guess).length === digests.length);
  if (!hasLayer) return digests.slice(0, maxSteps).map((digest) => ({ id: shortDigest(digest), made: '', size: 0 }));
  const left = [...digests];
  return steps.map((step) => ({
    id: hasLayer(step) ? shortDigest(left.shift() ?? '') : '',
    made: plainText(step.made, maxMadeLength),
    size: step.size,
  }));
}

function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
