// The cookie that holds a student's token. Over https it is `__Host-drydock`, with Secure. Over http (localhost, a class's own network)
// browsers may refuse that name, so it is `drydock`. The other attributes are the same.

/** 400 days: the longest that browsers keep a cookie. */
const maxAgeSeconds = 400 * 24 * 60 * 60;

export function cookieName(publicOrigin: string): string {
  return publicOrigin.startsWith('https:') ? '__Host-drydock' : 'drydock';
}

export function setCookie(
  publicOrigin: string,
  token: string,
  name = cookieName(publicOrigin),
  ageSeconds = maxAgeSeconds,
): string {
  const secure = publicOrigin.startsWith('https:') ? '; Secure' : '';
  return `${name}=${token}; Path=/; Max-Age=${ageSeconds}; HttpOnly; SameSite=Lax${secure}`;
}

/** The cookie of whoever has signed in with an account of the hub. */
function hubName(publicOrigin: string): string {
  return `${cookieName(publicOrigin)}-hub`;
}

/** Null takes it away. */
export function hubCookie(publicOrigin: string, token: string | null, ageMs: number): string {
  return setCookie(publicOrigin, token ?? '', hubName(publicOrigin), token === null ? 0 : Math.floor(ageMs / 1000));
}

export function hubToken(publicOrigin: string, header: string | undefined): string | undefined {
  return tokenFrom(publicOrigin, header, hubName(publicOrigin));
}

/** The cookie that is set once the operator's code was entered. */
function inviteName(publicOrigin: string): string {
  return `${cookieName(publicOrigin)}-invite`;
}

export function inviteCookie(publicOrigin: string, pass: string): string {
  return setCookie(publicOrigin, pass, inviteName(publicOrigin));
}

export function invitePass(publicOrigin: string, header: string | undefined): string | undefined {
  return tokenFrom(publicOrigin, header, inviteName(publicOrigin));
}

/** The token in a Cookie header. Undefined if there is none, or more than one: a site of the same domain may have set the other. */
export function tokenFrom(
  publicOrigin: string,
  header: string | undefined,
  name = cookieName(publicOrigin),
): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}
