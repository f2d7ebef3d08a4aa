import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Button } from "react-aria-components/Button";
import { ComboBox } from "react-aria-components/ComboBox";
import { Input } from "react-aria-components/Input";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { ListLayout, Virtualizer } from "react-aria-components/Virtualizer";
import type { StationSummary } from "../api/stations";
import { Icon } from "../components/Icon";
import select from "../components/Select.module.css";
import { useT } from "../i18n";
import styles from "./StationPicker.module.css";

// As high as a finger needs, with any pointer: what is out of view isn't in the document.
const rowHeight = 44;

interface Props {
  stations: StationSummary[];
  station: string | undefined;
  onDone: () => void;
}

/** Finds a station by typing a part of its name; which one it is stands in the address. */
export default function StationPicker({ stations, station, onDone }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // It is here because somebody asked for it just now. Its items are known after the first time that it is drawn, and
    // without them the focus would find no list to open.
    const frame = requestAnimationFrame(() => input.current?.select());
    return () => cancelAnimationFrame(frame);
  }, []);
  return (
    <ComboBox
      aria-label={t("app.station")}
      defaultItems={stations}
      value={station ?? null}
      // What is written only when the items are known isn't selected any more.
      defaultInputValue={stations.find((s) => s.stationId === station)?.name ?? ""}
      onChange={(id) => {
        if (id === null || id === station) return;
        const to = location.pathname.endsWith("/fleet") ? "/" : ".";
        void navigate({ to, search: (s) => ({ ...s, station: String(id) }) });
      }}
      onBlur={onDone}
      menuTrigger="focus"
    >
      <div className={select.box}>
        <Input ref={input} className={select.input} placeholder={t("app.chooseStation")} />
        <Button className={select.opener}>
          <Icon name="chevron" size={16} />
        </Button>
      </div>
      <Popover className={select.popover}>
        <Virtualizer layout={ListLayout} layoutOptions={{ rowHeight, padding: 4 }}>
          <ListBox className={styles.list}>
            {(s: StationSummary) => (
              <ListBoxItem id={s.stationId} textValue={s.name} className={`${select.option} ${styles.option}`}>
                {s.name}
              </ListBoxItem>
            )}
          </ListBox>
        </Virtualizer>
      </Popover>
    </ComboBox>
  );
}
