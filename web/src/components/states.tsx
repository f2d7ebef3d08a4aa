import type { ReactNode } from "react";
import { most } from "../api/client";
import { ApiError } from "../api/error";
import { useT } from "../i18n";
import { Button } from "./Button";
import { Icon, type IconName } from "./Icon";
import styles from "./states.module.css";

interface Words {
  title: string;
  children?: ReactNode;
}

function State({ icon, title, children, role }: Words & { icon: IconName; role?: "alert" | "status" }) {
  return (
    <div className={styles.state} role={role}>
      <Icon name={icon} size={28} />
      <p className={styles.title}>{title}</p>
      {children && <div className={styles.more}>{children}</div>}
    </div>
  );
}

/** There is nothing to show, and that is no fault. Says what would fill the place. */
export function Empty({ title, children }: Words) {
  return (
    <State icon="info" title={title}>
      {children}
    </State>
  );
}

export function Loading({ lines = 3 }: { lines?: number }) {
  const t = useT();
  return (
    <div className={styles.loading} role="status">
      <span className="visually-hidden">{t("state.loading")}</span>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} className={styles.bar} />
      ))}
    </div>
  );
}

/** Beside what was true before, or is without a part that can't be had at the moment. */
export function Stale({ children }: { children?: string }) {
  const t = useT();
  return (
    <p className={styles.stale} role="status">
      <Icon name="clock" size={16} />
      {children ?? t("state.stale")}
    </p>
  );
}

/** The caller's role or stations don't allow it. */
export function Denied({ detail }: { detail?: string }) {
  const t = useT();
  return (
    <State icon="lock" title={t("state.denied.title")}>
      {t("state.denied.text")}
      {detail && <p>{detail}</p>}
    </State>
  );
}

/** Below a list of which one answer may not hold all. */
export function Cut({ of }: { of: readonly unknown[] }) {
  const t = useT();
  return of.length < most ? null : <p>{t("state.cut")}</p>;
}

interface Failure {
  error: ApiError;
  /** Whether the page asks again by itself, as a query does; what a press of a button asked for, it doesn't. */
  again?: boolean;
  onRetry?: (() => void) | undefined;
}

/** Nothing answers. */
export function Offline({ again, onRetry }: Omit<Failure, "error">) {
  const t = useT();
  return (
    <State icon="offline" title={t("state.offline.title")} role={again ? "status" : "alert"}>
      {again ? <p>{t("state.again")}</p> : onRetry && <Retry onPress={onRetry} />}
    </State>
  );
}

export function Failed({ error, again, onRetry }: Failure) {
  const t = useT();
  return (
    <State icon="error" title={t(failedTitle[error.kind])} role="alert">
      {error.kind === "busy" && <p>{t("state.busy.text")}</p>}
      {again && error.transient && <p>{t("state.again")}</p>}
      {error.detail && <p>{error.detail}</p>}
      {error.problems.length > 0 && (
        <ul>
          {error.problems.map((p) => (
            <li key={p.location + p.message}>
              <code>{p.location}</code> {p.message}
            </li>
          ))}
        </ul>
      )}
      {onRetry && <Retry onPress={onRetry} />}
    </State>
  );
}

function Retry({ onPress }: { onPress: () => void }) {
  const t = useT();
  return (
    <Button icon="refresh" onPress={onPress}>
      {t("state.retry")}
    </Button>
  );
}

const failedTitle = {
  offline: "state.offline.title",
  signedOut: "state.failed.signedOut",
  denied: "state.denied.title",
  missing: "state.failed.missing",
  refused: "state.failed.refused",
  busy: "state.failed.busy",
  failed: "state.failed.failed",
} as const;

/** The state that an error puts a place into. */
export function ErrorState({ error, ...rest }: Omit<Failure, "error"> & { error: unknown }) {
  const e = ApiError.of(error);
  if (e.kind === "offline") return <Offline {...rest} />;
  if (e.kind === "denied") return <Denied detail={e.detail} />;
  return <Failed error={e} {...rest} />;
}
