// How a container begins and ends, what is written down of it, and with which program it is run.

import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { flag, ignored, kept, notYet, stored, text } from './row.ts';

const terminalSide = z.number().int().min(0).max(65535);

function isolationMode(given: string): string {
  if (given === '' || given.toLowerCase() === 'default') return given;
  throw new EngineError('invalid', `invalid isolation (${given.slice(0, 80)}): linux only supports 'default'`);
}

export const lifetime = {
  Annotations: notYet('use labels (--label) for what describes a container', {}),
  /** Removed when it ends: `--rm`. */
  AutoRemove: kept(flag, { stored: stored.flag, keep: (given) => given ?? false }),
  /** Rows and columns of the terminal at the start; 0 where the client does not know them. */
  ConsoleSize: kept(z.tuple([terminalSide, terminalSide]).nullish(), {
    stored: z.tuple([stored.whole, stored.whole]),
    keep: (given): readonly [number, number] => given ?? [0, 0],
  }),
  ContainerIDFile: ignored(text, ''),
  Init: notYet('leave --init out; the first process of a container has to collect its children itself', {}),
  /** As it was sent: empty or `default`. */
  Isolation: kept(text, { stored: stored.text, keep: (given) => isolationMode(given ?? '') }),
  LogConfig: notYet('leave --log-driver and --log-opt out; logs are kept for `docker logs`', {
    defaults: [
      { Type: '', Config: {} },
      { Type: '', Config: null },
      { Type: 'json-file', Config: {} },
      { Type: 'json-file', Config: null },
    ],
    shown: { Type: 'json-file', Config: {} },
  }),
  RestartPolicy: notYet('leave --restart out and start the container again with `docker start`', {
    defaults: ['', 'no'].flatMap((name) => [{ Name: name, MaximumRetryCount: 0 }, { Name: name }]),
    shown: { Name: 'no', MaximumRetryCount: 0 },
  }),
  // Shown by Docker's name for the one that is there.
  Runtime: notYet('leave --runtime out; there is one', { defaults: ['crun', 'runc'], shown: 'runc' }),
};
