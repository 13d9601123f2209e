/** How much of a limit is used, as a bar. The words beside it say the same. (A style's width would be inline in the built page.) */

/** From here on it is nearly all. */
const nearlyAll = 0.9;

export function LimitBar({ used, limit }: { used: number; limit: number }) {
  const share = Math.min(1, used / limit);
  return (
    <svg
      class="ev-bar"
      data-full={share >= nearlyAll}
      viewBox="0 0 100 1"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect width={Math.round(share * 100)} height="1" />
    </svg>
  );
}
