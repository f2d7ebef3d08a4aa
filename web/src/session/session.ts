import { useSyncExternalStore } from "react";

/** Who is signed in, as GET /api/v1/me says, with the token that says so. */
export interface Session {
  token: string;
  expiresAt: string;
  tenant: string;
  role: Role;
  subject: string;
  stations: string[] | null;
}

export type Role = "admin" | "operator" | "viewer" | "auditor";

interface State {
  session: Session | null;
  /** The token isn't taken any more; the page stays as it is until somebody signs in again. */
  expired: boolean;
}

// In sessionStorage, so that a reload keeps it and a closed tab forgets it: docs/adr/0010-the-web-page.md.
const key = "microgrid.session";

let state: State = { session: stored(), expired: false };
const listeners = new Set<() => void>();

export function useSession(): State {
  return useSyncExternalStore(subscribe, () => state);
}

/** Whether the caller's role is one of these: what would be refused isn't offered. */
export function useAllowed(...roles: Role[]): boolean {
  const { session } = useSession();
  return session !== null && roles.includes(session.role);
}

export function token(): string | null {
  return state.session?.token ?? null;
}

export function signIn(session: Session): void {
  const another = state.session !== null && !samePerson(state.session, session);
  if (another) forget();
  sessionStorage.setItem(key, JSON.stringify(session));
  if (another)
    location.reload(); // nothing that the one before saw stays in memory
  else set({ session, expired: false });
}

function samePerson(a: Session, b: Session): boolean {
  return a.tenant === b.tenant && a.subject === b.subject;
}

export function signOut(): void {
  forget();
  set({ session: null, expired: false });
}

/** The session, and what the pages keep beside it of whoever it was. */
function forget(): void {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith("microgrid.")) sessionStorage.removeItem(name);
}

/** Says that a request with this Authorization header was refused; an older token's refusal says nothing of today's. */
export function expire(authorization: string | null): void {
  if (state.session && authorization === `Bearer ${state.session.token}`) set({ ...state, expired: true });
}

/** Asks to sign in again when the token's time is up, also on a page that sends nothing. */
export function watchExpiry(): () => void {
  const timer = setInterval(() => {
    if (state.session && !state.expired && Date.parse(state.session.expiresAt) <= Date.now()) {
      set({ ...state, expired: true });
    }
  }, 1000);
  return () => clearInterval(timer);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function set(next: State): void {
  state = next;
  for (const listener of listeners) listener();
}

function stored(): Session | null {
  if (typeof sessionStorage === "undefined") return null;
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null") as Session | null;
  } catch {
    return null;
  }
}
