/** A figure: what containers use, beside what they may use. */
import type { ViewContainer } from '@drydock/sandbox-server/protocol';
import { FigureNote } from './FigureNote.tsx';
import { figureSource } from './figure-source.ts';
import { LimitBar } from './LimitBar.tsx';
import { cpuWords, isUp, memoryWords, processWords, stateWords } from './words.ts';

export function LimitsPicture({ containers: said }: { containers: string }) {
  const names = said.split(/\s+/).filter((name) => name !== '');
  const last = names.at(-1) ?? '';
  const { view, own } = figureSource(({ containers }) => containers.some(({ name }) => name === last), {
    containers: names,
    limits: { memoryBytes: 0, cpus: 0, pids: 50 },
  });
  const shown = names.flatMap((name) => view.containers.find((container) => container.name === name) ?? []);
  return (
    <div class="fig-box">
      <table class="fig-limits">
        <thead>
          <tr>
            <th scope="col">container</th>
            <th scope="col">memory</th>
            <th scope="col">processes</th>
            <th scope="col">processor</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((container) => (
            <Row key={container.id} container={container} />
          ))}
        </tbody>
      </table>
      <FigureNote own={own} missing={`a container ${last}`} />
    </div>
  );
}

function Row({ container }: { container: ViewContainer }) {
  const { name, limits, memoryBytes, pids } = container;
  if (!isUp(container))
    return (
      <tr>
        <th scope="row">{name}</th>
        <td colSpan={3}>{stateWords(container)}</td>
      </tr>
    );
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        {memoryWords(container)}
        {limits.memoryBytes > 0 ? <LimitBar used={memoryBytes} limit={limits.memoryBytes} /> : <small>no limit</small>}
      </td>
      <td>
        {processWords(container)}
        {limits.pids > 0 ? <LimitBar used={pids} limit={limits.pids} /> : <small>no limit</small>}
      </td>
      <td>{cpuWords(container) || <small>no limit</small>}</td>
    </tr>
  );
}
