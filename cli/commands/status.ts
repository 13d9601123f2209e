// `drydock status`: what runs, with how many hosts and sessions, and how far the catalogue is.

import { connectEngine, EngineError, type EngineStatus, type HostInfo } from '@drydock/runtime';
import { type OperatorStatus, operatorPaths, operatorStatus } from '@drydock/sandbox-server/operator';
import { Failure } from '../failure.ts';
import { loadSettings } from '../load-settings.ts';
import { askServer } from '../operator.ts';
import { engineSocket } from '../paths.ts';
import { isAlive, type ProcessIdentity } from '../processes.ts';
import { type ServerHealth, serverHealth } from '../server-health.ts';
import { readState } from '../supervisor/state.ts';
import { formatTable } from '../table.ts';

const pidOf = (identity: ProcessIdentity | null | undefined) => (identity && isAlive(identity) ? identity.pid : null);

async function askEngine(socket: string): Promise<{ status: EngineStatus; hosts: readonly HostInfo[] } | null> {
  const engine = connectEngine(socket);
  try {
    const [status, hosts] = await Promise.all([engine.status(), engine.hosts()]);
    return { status, hosts };
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'unavailable') return null;
    throw error;
  }
}

/** Throws Failure, after printing, where Drydock does not run. */
export async function status(options: { readonly json: boolean }): Promise<void> {
  const { settings } = loadSettings(process.env);
  const state = readState(settings.run);
  const [answer, health] = await Promise.all([
    askEngine(engineSocket(settings.run)),
    pidOf(state?.server) === null ? null : serverHealth(settings.listen, settings.port),
  ]);
  const operator =
    health === null ? null : await askServer(operatorStatus, 'GET', operatorPaths.status).catch(() => null);
  const hosts = answer?.hosts ?? [];
  const report = {
    url: state?.url ?? settings.origin,
    ready: state?.ready === true && answer?.status.ready === true && health?.status === 'ok',
    health: health?.status ?? null,
    startedAt: state?.startedAt ?? null,
    supervisor: { pid: pidOf(state?.supervisor) },
    engine: {
      // The engine's own word first: it may run without a supervisor.
      pid: answer?.status.pid ?? pidOf(state?.engine),
      version: answer?.status.version ?? null,
      startedAt: answer?.status.startedAt ?? null,
      maxHosts: answer?.status.maxHosts ?? null,
    },
    server: { pid: pidOf(state?.server) },
    hosts,
    sessions: health?.sessions ?? 0,
    queued: health?.queued ?? 0,
    stored: health?.stored ?? 0,
    spareHosts: health?.spareHosts ?? 0,
    drain: operator?.drain ?? null,
    unnamedProxies: operator?.unnamedProxies ?? [],
    catalogue: answer?.status.catalogue ?? [],
  };
  if (options.json) console.log(JSON.stringify(report, null, 2));
  else print(report);
  if (!answer) throw new Failure('Drydock does not run here. Start it with npm start, or drydock up.');
}

function print(
  report: {
    url: string;
    ready: boolean;
    health: ServerHealth['status'] | null;
    catalogue: EngineStatus['catalogue'];
    hosts: readonly HostInfo[];
  } & {
    readonly [count in 'sessions' | 'queued' | 'stored' | 'spareHosts']: number;
  } & OperatorStatus & { readonly [part in 'supervisor' | 'engine' | 'server']: { pid: number | null } },
): void {
  const process = ({ pid }: { pid: number | null }) => (pid === null ? 'not running' : `process ${pid}`);
  const waiting = report.catalogue.filter((image) => image.state !== 'ready');
  const inState = (state: HostInfo['state']) => report.hosts.filter((host) => host.state === state).length;
  const some = (count: number, what: string) => (count > 0 ? `, ${count} ${what}` : '');
  const { queued, stored, spareHosts } = report;
  const rows = [
    ['address', `${report.url}${report.ready ? '' : ' (not ready)'}`],
    ...(report.health === null || report.health === 'ok' ? [] : [['health', report.health]]),
    ['supervisor', process(report.supervisor)],
    ['engine', process(report.engine)],
    ['server', process(report.server)],
    ['sessions', `${report.sessions}${some(stored, 'put away')}${some(queued, 'waiting')}`],
    [
      'hosts',
      `${inState('running')} running${spareHosts > 0 ? ` (${spareHosts} spare)` : ''}${some(inState('frozen'), 'frozen')}${some(inState('starting'), 'starting')}, ${inState('stopped')} stopped`,
    ],
    ['images', `${report.catalogue.length - waiting.length} of ${report.catalogue.length} ready`],
    ...waiting.map((image) => ['', `${image.reference} ${image.state}${image.step ? `: ${image.step}` : ''}`]),
  ];
  if (report.drain !== null) {
    const at = report.drain.at === null ? '' : `, until ${new Date(report.drain.at).toTimeString().slice(0, 5)}`;
    rows.push(['drained', `no new labs are started${at}; drydock drain --end undoes that`]);
  }
  for (const proxy of report.unnamedProxies)
    rows.push(['warning', `${proxy} sends X-Forwarded-For, but DRYDOCK_TRUSTED_PROXY does not name it`]);
  console.log(formatTable(rows));
}
