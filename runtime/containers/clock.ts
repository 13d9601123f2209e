// Times as the Docker Engine API writes them: RFC 3339 in UTC with nanoseconds.

/** The API's value for "never". */
export const never = '0001-01-01T00:00:00Z';

/** Now. The machine's clock gives microseconds at best; the last three digits are zero. */
export function now(): string {
  const microseconds = Math.round((performance.timeOrigin + performance.now()) * 1000);
  const seconds = new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 19);
  return `${seconds}.${String(microseconds % 1_000_000).padStart(6, '0')}000Z`;
}
