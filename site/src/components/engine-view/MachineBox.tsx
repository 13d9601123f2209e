/** The lab's virtual machine beside its containers: a kernel of its own. */
import type { ViewMachine } from '@drydock/sandbox-server/protocol';
import { Name, type Pick } from './Name.tsx';
import { duration, memorySize } from './sizes.ts';
import { acceleratorWords } from './words.ts';

export function MachineBox({ machine, pick }: { machine: ViewMachine; pick?: Pick | undefined }) {
  return (
    <li class="ev-machine" data-up={machine.state !== 'off'} data-picked={pick?.pressed}>
      <p class="ev-title">
        <Name text="virtual machine" pick={pick} />
        <span class="ev-state">{machine.state}</span>
      </p>
      {machine.state !== 'off' && (
        <>
          <p class="ev-facts">
            <span>{machine.readyMs === null ? 'booting' : `ready after ${duration(machine.readyMs)}`}</span>
            <span>{memorySize(machine.memoryBytes)}</span>
          </p>
          <p class="ev-note">
            {acceleratorWords(machine.accelerator)}
            {machine.kernel !== '' && `, own kernel ${machine.kernel}`}
          </p>
        </>
      )}
    </li>
  );
}
