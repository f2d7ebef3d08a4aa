const key = "microgrid.chunk";
const soon = 10_000;

/**
 * Loads a part of the page. Where the platform that serves it is away or has been replaced by a newer one, the page
 * stays as it is until it answers, and begins anew: the address holds what was shown.
 */
export function chunk<M>(load: () => Promise<M>): () => Promise<M> {
  return () =>
    load().catch(async (error: unknown) => {
      await answering();
      const last = Number(sessionStorage.getItem(key));
      if (Date.now() - last < soon) throw error; // beginning anew didn't help
      sessionStorage.setItem(key, String(Date.now()));
      location.reload();
      return new Promise<never>(() => undefined);
    });
}

async function answering(): Promise<void> {
  for (;;) {
    const answer = await fetch(document.baseURI, { method: "HEAD", cache: "no-store" }).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
