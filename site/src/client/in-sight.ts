/** When a task's text is read: it stands in the window, and not behind the lab. */

/** So much of it is to be seen, or so much of the window is full of it. */
const enough = 0.4;

/** Calls `act` once, as soon as the text of the task is in sight. Gives what gives it up. */
export function whenInSight(task: string, act: () => void): () => void {
  const text = document.querySelector(`[data-task="${CSS.escape(task)}"]`);
  if (!text) return () => undefined;
  const observer = new IntersectionObserver(
    (entries) => {
      const isInSight = entries.some(
        ({ intersectionRatio, intersectionRect, rootBounds }) =>
          intersectionRatio >= enough ||
          intersectionRect.height >= enough * (rootBounds?.height ?? Number.POSITIVE_INFINITY),
      );
      if (!isInSight) return;
      observer.disconnect();
      act();
    },
    { threshold: [0.1, 0.2, 0.3, enough] },
  );
  observer.observe(text);
  return () => observer.disconnect();
}
