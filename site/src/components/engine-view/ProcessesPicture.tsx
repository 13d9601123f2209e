/** A figure: a container's processes, each with the number that the host gives it and the one that it has inside. */
import { FigureNote } from './FigureNote.tsx';
import { figureSource } from './figure-source.ts';

const mostProcesses = 6;

export function ProcessesPicture({ container: name }: { container: string }) {
  const { view, own } = figureSource(
    ({ containers }) => containers.some((one) => one.name === name && one.processes.length > 0),
    { containers: [name] },
  );
  const processes = view.containers.find((one) => one.name === name)?.processes ?? [];
  const left = processes.length - mostProcesses;
  return (
    <div class="fig-box">
      <table class="fig-processes">
        <thead>
          <tr>
            <th scope="col">PID on the host</th>
            <th scope="col">
              PID in <code>{name}</code>
            </th>
            <th scope="col">the same process</th>
          </tr>
        </thead>
        <tbody>
          {processes.slice(0, mostProcesses).map(({ pid, inside, command }) => (
            <tr key={pid}>
              <td>{pid}</td>
              <td>{inside}</td>
              <td title={command}>{command}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 && <p class="ev-note">and {left} more</p>}
      <FigureNote own={own} missing={`a container ${name} that runs`} />
    </div>
  );
}
