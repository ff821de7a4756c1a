// Writes the header Set-Cookie.

export interface CookieAttributes {
  path?: string | undefined;
  domain?: string | undefined;
  /** Milliseconds, as in express-session. */
  maxAge?: number | null | undefined;
  expires?: Date | null | undefined;
  httpOnly?: boolean | undefined;
  secure?: boolean | "auto" | undefined;
  sameSite?: boolean | "lax" | "strict" | "none" | undefined;
  partitioned?: boolean | undefined;
  priority?: "low" | "medium" | "high" | undefined;
}

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** One cookie. If maxAge is given, expires is computed from it. */
export function setCookie(name: string, value: string, attributes: CookieAttributes): string {
  const { path = "/", domain, maxAge, httpOnly = true, secure, sameSite, partitioned, priority } = attributes;
  const expires = typeof maxAge === "number" ? new Date(Date.now() + maxAge) : attributes.expires;
  const parts = [`${name}=${encodeURIComponent(value)}`];
  if (domain) parts.push(`Domain=${domain}`);
  if (path) parts.push(`Path=${path}`);
  if (expires) parts.push(`Expires=${expires.toUTCString()}`);
  if (httpOnly) parts.push("HttpOnly");
  if (secure) parts.push("Secure");
  if (partitioned) parts.push("Partitioned");
  if (priority) parts.push(`Priority=${capitalised(priority)}`);
  if (sameSite) parts.push(`SameSite=${sameSite === true ? "Strict" : capitalised(sameSite)}`);
  return parts.join("; ");
}
