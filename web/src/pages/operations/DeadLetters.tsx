import { useMemo } from "react";
import { useDeadLetters, useReplayDeadLetters, type DeadLetter } from "../../api/operations";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Panel } from "../../components/Panel";
import { Resource } from "../../components/Resource";
import { Cut, Empty, ErrorState } from "../../components/states";
import { useFormat } from "../../format/format";
import { useT } from "../../i18n";
import { useAllowed } from "../../session/session";
import styles from "./DeadLetters.module.css";

/** Parked events by their stream: the one that couldn't be taken, and how many wait behind it. */
export function DeadLetters() {
  const t = useT();
  const query = useDeadLetters();
  const replay = useReplayDeadLetters();
  return (
    <Panel title={t("operations.deadLetters")}>
      {/* Here, since a stream that could be taken is gone from the list. */}
      <p role="status">{replay.data && t("operations.replayed", { count: replay.data.replayed })}</p>
      <Resource
        query={query}
        isEmpty={(items) => items.length === 0}
        empty={<Empty title={t("operations.none")}>{t("operations.noneText")}</Empty>}
      >
        {(items) => (
          <>
            <Streams letters={items} replay={replay} />
            <Cut of={items} />
          </>
        )}
      </Resource>
    </Panel>
  );
}

type Replay = ReturnType<typeof useReplayDeadLetters>;

function Streams({ letters, replay }: { letters: DeadLetter[]; replay: Replay }) {
  const streams = useMemo(() => {
    const byStream = new Map<string, DeadLetter[]>();
    for (const letter of letters) {
      const key = `${letter.projection} ${letter.stream}`;
      byStream.set(key, [...(byStream.get(key) ?? []), letter]);
    }
    return [...byStream];
  }, [letters]);
  return (
    <ul className={styles.streams}>
      {streams.map(([key, parked]) => (
        <Stream key={key} parked={parked} replay={replay} />
      ))}
    </ul>
  );
}

function Stream({ parked, replay }: { parked: DeadLetter[]; replay: Replay }) {
  const t = useT();
  const format = useFormat(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const admin = useAllowed("admin");
  const [first] = parked;
  if (!first) return null;
  const { projection, stream } = first;
  const asked = replay.variables?.projection === projection && replay.variables.stream === stream;
  return (
    <li>
      <div className={styles.head}>
        <span>
          <b>{projection}</b> <code>{stream}</code>
        </span>
        <Badge tone="bad">{t("operations.parked", { count: parked.length })}</Badge>
        {admin && (
          <Button isPending={asked && replay.isPending} onPress={() => replay.mutate({ projection, stream })}>
            {t("operations.replay")}
          </Button>
        )}
      </div>
      <p className={styles.soft}>
        {t("operations.first", {
          type: first.eventType,
          revision: first.revision,
          time: format.time(first.parkedAt, "dateTime"),
        })}
      </p>
      <p lang="en" className={styles.error}>
        {first.error}
      </p>
      {asked && replay.error && <ErrorState error={replay.error} />}
    </li>
  );
}
