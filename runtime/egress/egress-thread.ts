// The thread of the proxies: its sockets, and the queries of names, are in the network namespace that students’ traffic leaves by.

import type http from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { stayInNetworkAt } from '../kernel/namespaces.ts';
import { Outside } from './dial-out.ts';
import { type EgressOrder, type EgressSettings, nameServersOf } from './egress.ts';
import { createProxy } from './proxy.ts';

const { allow, network } = workerData as EgressSettings;
if (network !== null) stayInNetworkAt(network);
const outside = new Outside(allow, nameServersOf(workerData as EgressSettings));
const proxies = new Map<number, http.Server>();

parentPort?.on('message', (order: EgressOrder) => {
  if (order.kind === 'open') {
    const proxy = createProxy(outside);
    proxies.set(order.id, proxy);
    proxy.listen({ fd: order.fd });
  } else {
    const proxy = proxies.get(order.id);
    proxies.delete(order.id);
    proxy?.close();
    proxy?.closeAllConnections();
  }
});
