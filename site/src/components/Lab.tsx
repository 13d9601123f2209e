/** The machine's side of the page: tabs, what the tab in hand shows, what is to say about it, and the engine below. */
import { useEffect, useRef } from 'preact/hooks';
import { setStage } from '../client/lab.ts';
import { currentTerminal, phase, place } from '../client/lab-state.ts';
import { EditorPlace } from './EditorPlace.tsx';
import { EngineView } from './EngineView.tsx';
import { HubPlace } from './HubPlace.tsx';
import { LabBanner } from './LabBanner.tsx';
import { LabFoot } from './LabFoot.tsx';
import { LabTabs } from './LabTabs.tsx';
import { LabWaiting } from './LabWaiting.tsx';
import { NoticeBox } from './NoticeBox.tsx';
import { Previews } from './Previews.tsx';
import { SearchBar } from './SearchBar.tsx';
import { TouchKeys } from './TouchKeys.tsx';

export function Lab() {
  const stage = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (stage.current) setStage(stage.current);
  }, []);
  const inTerminal = place.value === 'terminal';
  const tab = inTerminal ? currentTerminal.value : place.value;
  const label = phase.value.name === 'ready' && tab ? { 'aria-labelledby': `tab-${tab}` } : { 'aria-label': 'Lab' };
  return (
    <>
      <LabTabs />
      <div class="lab-screen" id="lab-panel" role="tabpanel" {...label}>
        <LabBanner />
        <NoticeBox />
        <div class="places">
          <div class="terminal-place" hidden={!inTerminal}>
            <SearchBar />
            <div class="stage" ref={stage} />
          </div>
          <EditorPlace />
          <HubPlace />
          <Previews />
          <LabWaiting />
        </div>
      </div>
      <div class="lab-tools">
        <TouchKeys />
        <LabFoot />
      </div>
      <EngineView />
    </>
  );
}
