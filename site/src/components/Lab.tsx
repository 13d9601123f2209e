/** The machine's side of the page: tabs, the terminal, and what is to say about them. */
import { useEffect, useRef } from 'preact/hooks';
import { setStage } from '../client/lab.ts';
import { LabBanner } from './LabBanner.tsx';
import { LabFoot } from './LabFoot.tsx';
import { LabWaiting } from './LabWaiting.tsx';
import { NoticeBox } from './NoticeBox.tsx';
import { TerminalTabs } from './TerminalTabs.tsx';

export function Lab() {
  const stage = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (stage.current) setStage(stage.current);
  }, []);
  return (
    <>
      <TerminalTabs />
      <div class="lab-screen" id="terminal-panel" role="tabpanel" aria-label="Terminal">
        <LabBanner />
        <NoticeBox />
        <div class="stage" ref={stage}>
          <LabWaiting />
        </div>
      </div>
      <LabFoot />
    </>
  );
}
