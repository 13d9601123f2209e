// Short ways to containers of busybox, and to what came over their connections.

import { expect, expectSending } from './exchange.ts';

/** Containers of one host, by its socket. */
export function busyboxOn(socket: () => string) {
  async function create(name: string, Cmd: string[], more: object = {}): Promise<string> {
    const sent = { Image: 'busybox', Cmd, ...more };
    const body = await expectSending(socket(), `POST /containers/create?name=${name}`, sent, 201);
    return (body as { Id: string }).Id;
  }
  return {
    create,
    async run(name: string, Cmd: string[], more: object = {}): Promise<void> {
      await create(name, Cmd, more);
      await expect(socket(), `POST /containers/${name}/start`, 204);
    },
    /** Creates an exec with both outputs; gives its ID. */
    async exec(container: string, Cmd: string[], more: object = {}): Promise<string> {
      const attached = { AttachStdout: true, AttachStderr: true, Cmd, ...more };
      const body = await expectSending(socket(), `POST /containers/${container}/exec`, attached, 201);
      return (body as { Id: string }).Id;
    },
  };
}

/** What came after the head of the answer. */
export function bodyOf(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}
