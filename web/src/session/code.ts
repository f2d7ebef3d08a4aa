/**
 * Takes the code of a one-time link out of the address, before anything else can see or keep it. The code stands in the
 * fragment, which no browser sends to a server.
 */
export function takeCode(): string | undefined {
  const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1];
  if (code) history.replaceState(null, "", new URL(document.baseURI).pathname);
  return code;
}
