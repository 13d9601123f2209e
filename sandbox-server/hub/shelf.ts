// What the hub's pages ask of the engine, in its answers and in sentences for whoever reads them. Independent of message transport.

import type { HubAsker, HubClient } from '@drydock/runtime';
import type { EngineLink } from '../engine-link.ts';
import { kindOf, messageOf, ServerError } from '../errors.ts';
import { maxLabRepositories, maxLabTags } from '../limits.ts';
import type { FailureKind, HubImagePage, LabRepositories } from '../protocol.ts';
import { instruction } from '../view/instruction.ts';

/** Kinds of the engine's errors whose message is shown. Other errors are our own faults. */
const kinds: Readonly<Record<string, FailureKind>> = {
  invalid: 'invalid',
  notFound: 'notFound',
  forbidden: 'forbidden',
  unauthorized: 'forbidden',
  conflict: 'conflict',
  exhausted: 'tooMany',
  noSpace: 'noSpace',
};

/** The engine's messages begin small and end without a stop, as Docker's do. */
function sentence(message: string): string {
  const line = `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  return /[.?!]$/.test(line) ? line : `${line}.`;
}

export class HubShelf {
  readonly #link: EngineLink;

  constructor(link: EngineLink) {
    this.#link = link;
  }

  /** Throws ServerError with a sentence, and does not wait for an engine that is away: the page asks again. */
  async ask<T>(work: (hub: HubClient) => Promise<T>): Promise<T> {
    try {
      return await this.#link.call((engine) => work(engine.hub), 0);
    } catch (error) {
      const kind = error instanceof ServerError ? undefined : kinds[kindOf(error) ?? ''];
      if (kind === undefined) throw error;
      throw new ServerError(kind, sentence(messageOf(error)), { cause: error });
    }
  }

  /** Throws notFound where the namespace is none of theirs, forbidden where it is and they do not own it. */
  async mustOwn(asker: HubAsker, namespace: string): Promise<void> {
    const { role } = await this.ask((hub) => hub.pages.namespacePage(asker, namespace));
    if (role === 'owner') return;
    if (role === null) throw new ServerError('notFound', `There is no namespace ${namespace} of yours.`);
    throw new ServerError('forbidden', `Only whoever owns ${namespace} may do this.`);
  }

  /** With the instructions of its steps as a Dockerfile has them. */
  async image(asker: HubAsker, repository: string, reference: string): Promise<HubImagePage> {
    const page = await this.ask((hub) => hub.pages.imagePage(asker, repository, reference));
    return { ...page, steps: page.steps.map((step) => ({ ...step, createdBy: instruction(step.createdBy) })) };
  }

  /** What the account of these hosts' lab has in its own namespace. */
  async ofLab(hosts: readonly string[]): Promise<LabRepositories> {
    const asker: HubAsker = { login: null, hosts };
    const { identities } = await this.ask((hub) => hub.pages.me(asker));
    const namespace = identities[0]?.account ?? null;
    if (namespace === null) return { namespace, repositories: [], more: false };
    const found = await this.ask((hub) => hub.pages.list(asker, { text: '', namespace, after: '' }));
    const shown = found.repositories
      .toSorted((a, b) => (b.pushedAt ?? '').localeCompare(a.pushedAt ?? ''))
      .slice(0, maxLabRepositories);
    const repositories = await Promise.all(
      shown.map(async (repository) => {
        const { tags } = await this.ask((hub) => hub.pages.tagPage(asker, repository.name, 0));
        return { ...repository, newest: tags.slice(0, maxLabTags) };
      }),
    );
    return { namespace, repositories, more: found.next !== null || found.repositories.length > shown.length };
  }
}
