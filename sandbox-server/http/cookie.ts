// The cookie that holds a student's token. `__Host-drydock` with Secure where the site is served over https. Over plain
// http (localhost, a class's own network) browsers refuse that name, or keep it only on some machines: `drydock` there,
// with all else the same.

/** 400 days: the longest that browsers keep a cookie. */
const maxAgeSeconds = 400 * 24 * 60 * 60;

export function cookieName(publicOrigin: string): string {
  return publicOrigin.startsWith('https:') ? '__Host-drydock' : 'drydock';
}

export function setCookie(publicOrigin: string, token: string, name = cookieName(publicOrigin)): string {
  const secure = publicOrigin.startsWith('https:') ? '; Secure' : '';
  return `${name}=${token}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
}

/** Kept by browsers whose student has shown the operator's code. */
function inviteName(publicOrigin: string): string {
  return `${cookieName(publicOrigin)}-invite`;
}

export function inviteCookie(publicOrigin: string, pass: string): string {
  return setCookie(publicOrigin, pass, inviteName(publicOrigin));
}

export function invitePass(publicOrigin: string, header: string | undefined): string | undefined {
  return tokenFrom(publicOrigin, header, inviteName(publicOrigin));
}

/** The token in a Cookie header; undefined where there is none, or two: then another site of the same domain has meddled. */
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
