import { useMemo } from "react";
import { Page } from "../../app/StationPage";
import { useProjections, type Projection } from "../../api/operations";
import { Badge } from "../../components/Badge";
import { DataTable, type Column } from "../../components/DataTable";
import { Named } from "../../components/Named";
import { Panel } from "../../components/Panel";
import { Resource } from "../../components/Resource";
import { unknown, useFormat } from "../../format/format";
import { useNow } from "../../format/useNow";
import { useT } from "../../i18n";
import { useAllowed, useSession } from "../../session/session";
import { DeadLetters } from "./DeadLetters";

/** Whether the platform keeps up, and what it couldn't take. */
export function OperationsPage() {
  const t = useT();
  const { session } = useSession();
  const mayParked = useAllowed("admin", "auditor") && session?.stations === null;
  return (
    <Page title={t("operations.title")}>
      <Projections />
      {mayParked && <DeadLetters />}
    </Page>
  );
}

function Projections() {
  const t = useT();
  const query = useProjections();
  const now = useNow(5_000);
  // Of no station: in the zone of whoever looks.
  const format = useFormat(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const failing = query.data?.some((p) => p.error);
  const columns = useMemo(
    (): Column<Projection>[] => [
      {
        key: "name",
        header: t("operations.projection"),
        rowHeader: true,
        cell: (p) => <Named names="operations.names" code={p.projection} />,
        sort: (p) => p.projection,
      },
      {
        key: "state",
        header: t("operations.state"),
        cell: (p) => {
          if (p.error) return <Badge tone="bad">{t("operations.stopped")}</Badge>;
          if (!p.caughtUp) return <Badge tone="warn">{t("operations.behind", { seconds: p.behindSeconds })}</Badge>;
          return <Badge tone="good">{t("operations.caughtUp")}</Badge>;
        },
        sort: (p) => p.behindSeconds,
      },
      {
        key: "position",
        header: t("operations.position"),
        align: "end",
        cell: (p) => format.integer(p.position),
        sort: (p) => p.position,
      },
      {
        key: "last",
        header: t("operations.lastEvent"),
        cell: (p) =>
          p.lastEvent ? <span title={format.time(p.lastEvent, "full")}>{format.ago(p.lastEvent, now)}</span> : unknown,
      },
      {
        key: "runs",
        header: t("operations.runs"),
        cell: (p) => (p.active ? t("operations.here") : t("operations.elsewhere")),
      },
      ...(failing
        ? [{ key: "error", header: t("operations.error"), cell: (p: Projection) => <span lang="en">{p.error}</span> }]
        : []),
    ],
    [t, format, now, failing],
  );
  return (
    <Panel title={t("operations.projections")}>
      <Resource query={query}>
        {(items) => (
          <DataTable
            label={t("operations.projections")}
            columns={columns}
            rows={items}
            rowKey={(p) => p.projection}
            rowHeight={48}
            cards
          />
        )}
      </Resource>
    </Panel>
  );
}
