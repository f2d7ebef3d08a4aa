import type { ReactNode } from "react";
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

/** Above what was true before: newer numbers can't be had at the moment. */
export function Stale() {
  const t = useT();
  return (
    <p className={styles.stale} role="status">
      <Icon name="clock" size={16} />
      {t("state.stale")}
    </p>
  );
}

export function Offline() {
  const t = useT();
  return (
    <State icon="offline" title={t("state.offline.title")} role="status">
      {t("state.offline.text")}
    </State>
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

export function Failed({ error, onRetry }: { error: ApiError; onRetry?: (() => void) | undefined }) {
  const t = useT();
  return (
    <State icon="error" title={t(failedTitle[error.kind])} role="alert">
      {error.kind === "busy" && <p>{t("state.busy.text")}</p>}
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
      {onRetry && (
        <Button icon="refresh" onPress={onRetry}>
          {t("state.retry")}
        </Button>
      )}
    </State>
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
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const e = ApiError.of(error);
  if (e.kind === "offline") return <Offline />;
  if (e.kind === "denied") return <Denied detail={e.detail} />;
  return <Failed error={e} onRetry={onRetry} />;
}
