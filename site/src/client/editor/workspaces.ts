/**
 * The workspaces of this page's lab, one for each host that was shown. They stay when another host is shown and when the lab is away
 * for a moment, and so do open files and what is not saved yet.
 */
import { effect, untracked } from '@preact/signals';
import { canType, phase } from '../lab-state.ts';
import { Workspace } from './workspace.ts';

const workspaces = new Map<string, Workspace>();

/** The workspace of a host, by the lab's name of it; made when it is first asked for. */
export function workspaceOf(host: string): Workspace {
  const there = workspaces.get(host);
  if (there) return there;
  const made = untracked(() => new Workspace(host));
  workspaces.set(host, made);
  return made;
}

let isAway = false;
effect(() => {
  const wasAway = isAway;
  if (phase.value.name !== 'ready') isAway = true;
  else if (canType.value) isAway = false;
  else return;
  untracked(() => {
    for (const work of workspaces.values()) {
      if (isAway) work.leave();
      else if (wasAway) void work.comeBack();
      else work.reconnect();
    }
  });
});

// What could not be saved would be lost with the page, so the browser asks first. What was not sent yet is sent as the page goes.
addEventListener('beforeunload', (event) => {
  if ([...workspaces.values()].some(({ files }) => files.value.some(({ isStuck }) => isStuck))) event.preventDefault();
});

// A page that is hidden may never come back, so it saves then. When it is visible again, it saves what failed.
document.addEventListener('visibilitychange', () => {
  for (const work of workspaces.values()) work.saveAll();
});
