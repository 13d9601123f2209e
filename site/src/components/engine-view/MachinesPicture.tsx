/** A figure: a virtual machine beside a container, what each takes, as bars of one scale with the numbers. */
import type { View } from '@drydock/sandbox-server/protocol';
import { FigureNote } from './FigureNote.tsx';
import { figureSource } from './figure-source.ts';
import { diskSize, duration, memorySize } from './sizes.ts';
import { acceleratorWords } from './words.ts';

interface Row {
  readonly what: string;
  /** Null: not known yet. */
  readonly machine: number | null;
  readonly container: number | null;
  readonly show: (value: number) => string;
}

function rowsOf(view: View, name: string): readonly Row[] {
  const container = view.containers.find((one) => one.name === name);
  const running = container?.state === 'running' ? container : undefined;
  const image = view.images.find(({ id }) => id === container?.imageId);
  // One that was turned off has still been measured.
  const { machine } = view;
  return [
    { what: 'Time to ready', machine: machine?.readyMs ?? null, container: container?.readyMs ?? null, show: duration },
    {
      what: 'Memory',
      machine: machine?.memoryBytes ?? null,
      container: running?.memoryBytes ?? null,
      show: memorySize,
    },
    {
      what: 'Disk',
      machine: machine?.diskBytes || null,
      container: container && image ? image.size + container.ownLayer.bytes : null,
      show: diskSize,
    },
  ];
}

export function MachinesPicture({ container: name }: { container: string }) {
  const { view, own } = figureSource(
    ({ machine, containers }) =>
      (machine !== null && machine.state !== 'off') ||
      containers.some((one) => one.name === name && one.state === 'running'),
    { image: 'busybox', containers: [name] },
  );
  const { machine } = view;
  return (
    <div class="fig-box">
      <table class="fig-machines">
        <thead>
          <tr>
            <td />
            <th scope="col">
              virtual machine <small>{machine ? acceleratorWords(machine.accelerator) : ''}</small>
            </th>
            <th scope="col">
              container <code>{name}</code>
            </th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(view, name).map((row) => {
            const most = Math.max(row.machine ?? 0, row.container ?? 0, 1);
            return (
              <tr key={row.what}>
                <th scope="row">{row.what}</th>
                <Bar value={row.machine} most={most} show={row.show} kind="machine" />
                <Bar value={row.container} most={most} show={row.show} kind="container" />
              </tr>
            );
          })}
          <tr>
            <th scope="row">Linux kernel</th>
            <td>{machine?.kernel ? `${machine.kernel}, its own` : 'not yet'}</td>
            <td>{view.kernel === '' ? 'the host’s' : `${view.kernel}, the host’s`}</td>
          </tr>
        </tbody>
      </table>
      {machine?.accelerator === 'tcg' && (
        <p class="fig-note">
          The processor of this virtual machine is emulated, which makes its start slow. With KVM, as on most servers,
          the same virtual machine is ready in less than a second. It needs less memory too. Its kernel and its disk
          stay the same.
        </p>
      )}
      <FigureNote own={own} missing="a virtual machine that has booted" />
    </div>
  );
}

interface BarProps {
  readonly value: number | null;
  readonly most: number;
  readonly show: (value: number) => string;
  readonly kind: 'machine' | 'container';
}

function Bar({ value, most, show, kind }: BarProps) {
  // A sliver stays to be seen where the other one is a hundred times as long.
  const width = value === null ? 0 : Math.max(1.5, (value / most) * 100);
  return (
    <td>
      <svg class="fig-bar" data-kind={kind} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="rest" width="100" height="6" />
        <rect width={width} height="6" />
      </svg>
      <span>{value === null ? 'not yet' : show(value)}</span>
    </td>
  );
}
