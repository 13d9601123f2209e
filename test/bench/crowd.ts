// Students who open labs of one lesson, each from an address of their own, and stay.

import type { TestPage } from '../sandbox-server/page.ts';
import { cookieOf, type OpenedLab, type TestServer } from '../sandbox-server/server.ts';
import { enterReady } from '../sandbox-server/sessions/student.ts';
import { pause, timed } from './clock.ts';

/** Its tasks are looked at all the while. */
const lesson = '01-why-containers/02-first-container';

/** Each has an address of its own, as the proxy in front tells it. */
export class Crowd {
  readonly #server: TestServer;
  readonly labs: OpenedLab[] = [];
  readonly pages: TestPage[] = [];
  #opened = 0;

  constructor(server: TestServer) {
    this.#server = server;
  }

  /** One more student, up to the prompt. */
  async open(): Promise<void> {
    const n = this.#opened++;
    const headers = { 'x-forwarded-for': `10.${n >> 8}.${n & 255}.7` };
    const answer = await this.#server.ask('POST', '/api/sessions', { body: { lesson }, headers });
    if (answer.status !== 200) throw new Error(`student ${n} opens no lab: ${answer.status} ${answer.text}`);
    const lab = { ...JSON.parse(answer.text), cookie: cookieOf(answer) } as OpenedLab;
    this.labs.push(lab);
    const enter = async () => {
      const page = this.#server.connect(lab.cookie, headers);
      await page.opened;
      page.send({ type: 'hello', protocol: 1, ticket: lab.ticket });
      await page.hears('welcome');
      return page;
    };
    this.pages.push(await enterReady({ enter }, lab));
  }

  /** `count` more, one as soon as the one before has a prompt; resolves with the time of each. */
  async openInTurn(count: number, opened: (before: number) => void): Promise<number[]> {
    const opening: number[] = [];
    for (let n = 0; n < count; n++) {
      opened(n);
      opening.push(await timed(() => this.open()));
    }
    return opening;
  }

  /** `count` more, `perSecond`, whether or not those before are there yet; of one that has no prompt in time it is infinite. */
  async openAtPace(count: number, perSecond: number): Promise<number[]> {
    const beganAt = performance.now();
    const opening: Promise<number>[] = [];
    for (let n = 0; n < count; n++) {
      await pause(Math.max(0, beganAt + (n * 1000) / perSecond - performance.now()));
      opening.push(timed(() => this.open()).catch(() => Number.POSITIVE_INFINITY));
    }
    return await Promise.all(opening);
  }

  async leave(): Promise<void> {
    for (const page of this.pages.splice(0)) page.drop();
    for (const { session, cookie } of this.labs.splice(0))
      await this.#server.ask('DELETE', `/api/sessions/${session}`, { cookie });
  }
}
