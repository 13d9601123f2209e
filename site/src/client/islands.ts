/** The live parts of a page by name. Astro draws each in its place at build time; `mount.ts` brings them to life. */
import type { FunctionComponent } from 'preact';
import { Announcer } from '../components/Announcer.tsx';
import { CommandChip } from '../components/CommandChip.tsx';
import { CommandTools } from '../components/CommandTools.tsx';
import { DoItForMe } from '../components/DoItForMe.tsx';
import { LayersPicture } from '../components/engine-view/LayersPicture.tsx';
import { LimitsPicture } from '../components/engine-view/LimitsPicture.tsx';
import { MachinesPicture } from '../components/engine-view/MachinesPicture.tsx';
import { NetworksPicture } from '../components/engine-view/NetworksPicture.tsx';
import { PortsPicture } from '../components/engine-view/PortsPicture.tsx';
import { ProcessesPicture } from '../components/engine-view/ProcessesPicture.tsx';
import { VolumePicture } from '../components/engine-view/VolumePicture.tsx';
import { Lab } from '../components/Lab.tsx';
import { PaneBar } from '../components/PaneBar.tsx';
import { PredictTools } from '../components/PredictTools.tsx';
import { ResetMenu } from '../components/ResetMenu.tsx';
import { TaskLine } from '../components/TaskLine.tsx';
import { TaskFound, TaskWord } from '../components/TaskStatus.tsx';
import { Ticks } from '../components/Ticks.tsx';

export const islands = {
  announcer: Announcer,
  'command-chip': CommandChip,
  'command-tools': CommandTools,
  'do-it': DoItForMe,
  lab: Lab,
  'layers-figure': LayersPicture,
  'limits-figure': LimitsPicture,
  'machines-figure': MachinesPicture,
  'networks-figure': NetworksPicture,
  'pane-bar': PaneBar,
  predict: PredictTools,
  'ports-figure': PortsPicture,
  'processes-figure': ProcessesPicture,
  reset: ResetMenu,
  'task-found': TaskFound,
  'task-line': TaskLine,
  'task-word': TaskWord,
  ticks: Ticks,
  'volume-figure': VolumePicture,
} satisfies Record<string, FunctionComponent<never>>;

export type IslandName = keyof typeof islands;
