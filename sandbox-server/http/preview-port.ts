// The port that previews have beside the server's own, where there can be no wildcard name.

import type { Addresses } from './addresses.ts';
import { refuse } from './hang-up.ts';
import { createNodeServer } from './node-server.ts';
import { unknown } from './preview-notices.ts';
import { sendNotice } from './preview-pages.ts';
import type { PreviewServer } from './preview-server.ts';

/** Listens on `port`, if there is one. Returns the function that ends it. Throws if the port is taken. */
export async function listenForPreviews(
  previews: PreviewServer | null,
  addresses: Addresses,
  address: string,
  port: number | null,
): Promise<() => void> {
  if (previews === null || port === null) return () => undefined;
  const server = createNodeServer(addresses, (request, response) => {
    if (previews.takes(request)) previews.answer(request, response);
    else sendNotice(request, response, unknown, "'none'");
  });
  server.on('upgrade', (request, socket, head) => {
    if (previews.takes(request)) previews.upgrade(request, socket, head);
    else refuse(socket, '404 Not Found');
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, address, resolve);
  await promise;
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
