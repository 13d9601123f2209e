// Every kind of record that the engine keeps, and the file that they are in.

import type { Logger } from 'pino';
import { accessKind } from './access/access-record.ts';
import { buildKind } from './build/build-record.ts';
import { containerKind } from './containers/container-record.ts';
import { hostKind } from './hosts/host-record.ts';
import { snapshotKind } from './hosts/snapshot-record.ts';
import { terminalKind } from './hosts/terminal-record.ts';
import { cachedStepKind } from './images/cached-step.ts';
import { detailsKind, historyKind } from './images/configuration.ts';
import { contentKind } from './images/contents.ts';
import { moveKind } from './images/move-record.ts';
import { ownImageKind } from './images/own-images.ts';
import { rememberedBaseKind } from './images/remembered-bases.ts';
import { networkKind } from './networks/network-record.ts';
import { layerKind } from './store/layers.ts';
import { Records } from './store/records.ts';
import { unsettledKind } from './store/settling.ts';
import { volumeKind } from './volumes/volume-record.ts';

/** Each that is written; a record of another cannot be stored. */
export const recordKinds = [
  hostKind,
  accessKind,
  containerKind,
  networkKind,
  volumeKind,
  moveKind,
  buildKind,
  snapshotKind,
  terminalKind,
  ownImageKind,
  contentKind,
  detailsKind,
  historyKind,
  layerKind,
  unsettledKind,
  cachedStepKind,
  rememberedBaseKind,
] as const;

/** Opens the records in the file at `path`, which is made where it is missing. Throws conflict where a later Drydock has written it. */
export function openRecords(path: string, log: Logger): Records {
  return new Records(path, recordKinds, log);
}
