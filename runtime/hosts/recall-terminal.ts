// Adopts a terminal after the engine was restarted: no byte of its output is lost or doubled.

import fs from 'node:fs';
import type net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, isStoppedInPoll, signal } from '../kernel/processes.ts';
import { connectSeqpacket } from '../kernel/seqpacket.ts';
import { ExitWatch } from '../processes/exits.ts';
import type { Host } from './host.ts';
import { terminalFiles, terminalOf } from './open-terminal.ts';
import type { TerminalRecord } from './terminal-record.ts';
import { workspaceId } from './workspace.ts';

const acceptTimeoutMs = 1000;

/** The output in conmon's log, whose lines are `TIME STREAM F|P text`; F stands for a newline after the text. */
export function readLog(log: Buffer): Buffer[] {
  const said: Buffer[] = [];
  for (let from = 0; from < log.length; ) {
    const end = log.indexOf(10, from);
    if (end < 0) break;
    const line = log.subarray(from, end);
    const stream = line.indexOf(32);
    const tag = line.indexOf(32, stream + 1) + 1;
    const full = line[tag] === 'F'.charCodeAt(0);
    said.push(log.subarray(from + tag + 2, full ? end + 1 : end));
    from = end + 1;
  }
  return said;
}

/**
 * The log and the live stream overlap by an unknown number of bytes. So conmon is stopped for a moment, once it has accepted our
 * connection, and where it has nothing in hand: it writes what it reads to the log first, and then to the connection. Then everything
 * that conmon has read is in the log, also what the connection holds, which is dropped.
 */
export async function recallTerminal(host: Host, record: TerminalRecord): Promise<void> {
  const terminal = terminalOf(host, record);
  host.terminals.set(record.id, terminal);
  if (record.exitCode !== null) return;
  const { bundle, log } = terminalFiles(host, record.id);
  const watch = (): void => {
    const exits = new ExitWatch(bundle);
    exits.expect(workspaceId(host), record, (exitCode) => {
      exits.close();
      terminal.ended(exitCode);
    });
  };
  if (!isAlive(record.pid, record.startTicks)) {
    terminal.recall(record.offset, readLog(fs.readFileSync(log)));
    watch();
    return;
  }
  const conmon = Number(fs.readFileSync(`${bundle}/conmon.pid`, 'utf8'));
  const descriptors = (): number => fs.readdirSync(`/proc/${conmon}/fd`).length;
  const before = descriptors();
  const socket = connectSeqpacket(`${bundle}/attach`);
  const overlap = dropOverlap(socket);
  const deadline = performance.now() + acceptTimeoutMs;
  while (descriptors() <= before && performance.now() < deadline) await delay(1);
  try {
    await stopAtRest(conmon);
    await overlap.ended();
    terminal.recall(record.offset, readLog(fs.readFileSync(log)));
    terminal.adopt(socket);
  } finally {
    signal(conmon, 'SIGCONT');
  }
  watch();
}

/**
 * Reads and drops from now on, so that conmon never waits for room in the connection, until `ended` has found it empty. One round of
 * the event loop reads at most 32 packets. So the connection is empty after the first round that reads none.
 */
function dropOverlap(socket: net.Socket): { ended(): Promise<void> } {
  let heard = true;
  const drop = (): void => {
    heard = true;
  };
  socket.on('data', drop);
  return {
    async ended() {
      do {
        heard = false;
        await delay(1);
        await new Promise((resolve) => setImmediate(resolve));
      } while (heard);
      socket.off('data', drop);
    },
  };
}

/** A terminal that is never at rest, or a kernel that does not tell, costs a second, and perhaps a piece that is told twice. */
async function stopAtRest(conmon: number): Promise<void> {
  const deadline = performance.now() + acceptTimeoutMs;
  for (;;) {
    signal(conmon, 'SIGSTOP');
    await untilStopped(conmon);
    if (isStoppedInPoll(conmon) || performance.now() > deadline) return;
    signal(conmon, 'SIGCONT');
    await delay(1);
  }
}

async function untilStopped(pid: number): Promise<void> {
  const stopped = (): boolean => /^State:\s+[TtZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'latin1'));
  const deadline = performance.now() + acceptTimeoutMs;
  while (!stopped() && performance.now() < deadline) await delay(1);
}
