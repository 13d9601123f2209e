/** What an image says about how it is run. */
import type { HubSeenConfig } from '@drydock/sandbox-server/protocol';
import type { ComponentChildren } from 'preact';
import { When } from './parts.tsx';

const words = (list: readonly string[]): string =>
  list.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');

export function Configuration({ config }: { config: HubSeenConfig }) {
  const { entrypoint, command, environment, workingDirectory, user, ports, volumes, labels } = config;
  const { stopSignal, healthcheck, createdAt, author } = config;
  return (
    <section class="hub-section">
      <h2>Configuration</h2>
      <p class="hub-note">What a container of it starts with, where docker run says nothing else.</p>
      <dl class="hub-facts-list hub-facts-wide hub-config">
        <Fact name="Entrypoint" has={entrypoint.length > 0}>
          <code>{words(entrypoint)}</code>
        </Fact>
        <Fact name="Command" has={command.length > 0}>
          <code>{words(command)}</code>
        </Fact>
        <Fact name="User" has={user !== ''}>
          <code>{user}</code>
        </Fact>
        <Fact name="Working directory" has={workingDirectory !== ''}>
          <code>{workingDirectory}</code>
        </Fact>
        <Fact name="Ports" has={ports.length > 0}>
          <Codes all={ports} />
        </Fact>
        <Fact name="Volumes" has={volumes.length > 0}>
          <Codes all={volumes} />
        </Fact>
        <Fact name="Environment" has={environment.length > 0}>
          <Codes all={environment} />
        </Fact>
        <Fact name="Labels" has={labels.length > 0}>
          <Codes all={labels.map(([key, value]) => `${key}=${value}`)} />
        </Fact>
        <Fact name="Stop signal" has={stopSignal !== ''}>
          <code>{stopSignal}</code>
        </Fact>
        <Fact name="Health check" has={healthcheck.length > 0}>
          <code>{words(healthcheck)}</code>
        </Fact>
        <Fact name="Author" has={author !== ''}>
          {author}
        </Fact>
        <Fact name="Created" has={createdAt !== ''}>
          <When at={createdAt} />
          <small>as the image says: {createdAt}</small>
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ name, has, children }: { name: string; has: boolean; children: ComponentChildren }) {
  if (!has) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Codes({ all }: { all: readonly string[] }) {
  return (
    <ul class="hub-codes">
      {all.map((one, n) => (
        <li key={n}>
          <code>{one}</code>
        </li>
      ))}
    </ul>
  );
}
