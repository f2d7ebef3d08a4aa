import { useMemo } from "react";
import { useQuarantined, type QuarantinedDevice, type QuarantinedMessage } from "../../api/quarantine";
import { Button } from "../../components/Button";
import { DataTable, type Column } from "../../components/DataTable";
import { ErrorState, Loading } from "../../components/states";
import type { Format } from "../../format/format";
import { useT } from "../../i18n";
import { Values } from "./Values";

interface Props {
  deviceName: string;
  reason: QuarantinedDevice["reason"];
  format: Format;
}

/** The messages of a device one by one, in the order in which they came. */
export function Messages({ deviceName, reason, format }: Props) {
  const t = useT();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage, refetch } = useQuarantined(deviceName);
  const columns = useMemo(
    (): Column<QuarantinedMessage>[] => [
      { key: "ts", header: t("quarantine.ts"), rowHeader: true, cell: (m) => format.time(m.ts, "full") },
      { key: "received", header: t("quarantine.received"), cell: (m) => format.time(m.receivedAt, "full") },
      { key: "values", header: t("quarantine.values"), wide: true, cell: (m) => <Values {...m} /> },
    ],
    [t, format],
  );
  if (!data) return error ? <ErrorState error={error} again onRetry={() => void refetch()} /> : <Loading />;
  const rows = data.pages.flatMap((page) => page.items).filter((m) => m.reason === reason);
  return (
    <>
      <DataTable
        label={t("quarantine.messages", { device: deviceName })}
        columns={columns}
        rows={rows}
        rowKey={(m) => m.messageId}
        cards
      />
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          {t("quarantine.more")}
        </Button>
      )}
    </>
  );
}
