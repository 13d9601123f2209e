// How steps of the workshop's builds reach the machine's network: by an HTTP proxy at the gateway of the host's bridge, and by nothing
// else. It is in a thread of its own, so that what they fetch takes nothing of the engine's event loop.

import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { listenInside } from '../kernel/bind.ts';
import { defaultBridge } from '../networks/bridge.ts';

export interface WayOutData {
  /** The socket that is listened on. */
  readonly fd: number;
  /** The proxy that the machine itself asks; null where it has none. */
  readonly upstream: { readonly host: string; readonly port: number } | null;
}

export interface WayOut {
  /** Variables of the commands of a build: names and values. */
  readonly environment: Readonly<Record<string, string>>;
  close(): void;
}

/** As many proxies have it. */
const port = 3128;

/** The machine's own proxy, where it has one. */
function machineProxy(): URL | null {
  const { http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY } = process.env;
  const url = URL.parse(http_proxy ?? HTTP_PROXY ?? https_proxy ?? HTTPS_PROXY ?? '');
  return url?.protocol === 'http:' ? url : null;
}

/** `pid`: of the host's workspace. Throws SystemCallError. */
export function openWayOut(pid: number, log: Logger): WayOut {
  const above = machineProxy();
  const upstream = above && { host: above.hostname.replace(/^\[|\]$/g, ''), port: Number(above.port || 80) };
  const fd = listenInside(pid, defaultBridge.gateway, port);
  const thread = new Worker(new URL('./way-out-thread.ts', import.meta.url), {
    workerData: { fd, upstream } satisfies WayOutData,
    trackUnmanagedFds: false,
  });
  thread.unref();
  thread.on('error', (err) => log.error({ err }, 'the thread of the way out of builds failed'));
  // Who it is to the machine's proxy; the variables of proxies are on no disk and in no image.
  const who = above && above.username !== '' ? `${above.username}:${above.password}@` : '';
  const proxy = `http://${who}${defaultBridge.gateway}:${port}`;
  return {
    environment: {
      http_proxy: proxy,
      https_proxy: proxy,
      HTTP_PROXY: proxy,
      HTTPS_PROXY: proxy,
      no_proxy: 'localhost',
    },
    close: () => void thread.terminate(),
  };
}
