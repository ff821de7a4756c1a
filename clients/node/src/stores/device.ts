// The address and the user agent of a request, in a form that the server accepts: unusual text must
// not make a log-in fail.

export interface Device {
  ip?: string;
  ua?: string;
}

export function deviceOf(ip: unknown, ua: unknown): Device {
  return {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the server refuses them
    ...(typeof ip === "string" ? { ip: ip.replace(/[\x00-\x1f\x7f-\x9f]/g, "").slice(0, 64) } : {}),
    ...(typeof ua === "string" && ua !== "" ? { ua } : {}),
  };
}
