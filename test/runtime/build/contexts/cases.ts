// Contexts of which it is recorded what a real dockerd's BuildKit makes of them (record.ts), and is ours (as-recorded.test.ts). What is
// tried follows the tests of BuildKit and of buildah.

import type { Case, Cases } from './case.ts';
import { copied } from './copied.ts';
import { executed } from './executed.ts';
import { heredocs } from './heredocs.ts';
import { mounted } from './mounted.ts';
import { planned } from './planned.ts';
import { replaced } from './replaced.ts';
import { staged } from './staged.ts';
import { unpacked } from './unpacked.ts';

const asCases = (cases: Cases): readonly Case[] =>
  Object.entries(cases).map(([name, one]) => (typeof one === 'string' ? { name, dockerfile: one } : { name, ...one }));

export const cases: readonly Case[] = [
  planned,
  copied,
  heredocs,
  executed,
  mounted,
  replaced,
  staged,
  unpacked,
].flatMap(asCases);
