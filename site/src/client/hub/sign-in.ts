/** Where one signs in to the hub, and goes back from there. */
import { hubPlaceOf } from '@drydock/sandbox-server/protocol';

export function signInAddress(): string {
  const { pathname } = location;
  return pathname === '/hub/' || pathname.startsWith('/hub/-/')
    ? '/hub/-/sign-in'
    : `/hub/-/sign-in?from=${encodeURIComponent(pathname)}`;
}

/** The page that one came from, where it is one of the hub's; else the first. */
export function pageBefore(): string {
  const from = new URLSearchParams(location.search).get('from') ?? '';
  return hubPlaceOf(from) === null ? '/hub/' : from;
}
