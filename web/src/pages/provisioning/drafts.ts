// In sessionStorage, as the session: what was written survives another page and a reload, and ends with the session.
const prefix = "microgrid.draft.";

/** What somebody wrote of a document and didn't apply yet. */
export const drafts = {
  read: (name: string): string | null => sessionStorage.getItem(prefix + name),
  keep(name: string, text: string): void {
    try {
      sessionStorage.setItem(prefix + name, text);
    } catch {
      // A text that is larger than the browser keeps stays on the page alone.
    }
  },
  drop: (name: string): void => sessionStorage.removeItem(prefix + name),
};
