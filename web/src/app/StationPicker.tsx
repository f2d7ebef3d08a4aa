import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Button } from "react-aria-components/Button";
import { ComboBox } from "react-aria-components/ComboBox";
import { Input } from "react-aria-components/Input";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import type { StationSummary } from "../api/stations";
import { Icon } from "../components/Icon";
import select from "../components/Select.module.css";
import { useT } from "../i18n";
import styles from "./StationPicker.module.css";

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
    // It is here because somebody asked for it just now; the list opens by the focus, once it is made. What is typed
    // takes the place of the name.
    const made = requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.select();
    });
    return () => cancelAnimationFrame(made);
  }, []);
  return (
    <ComboBox
      aria-label={t("app.station")}
      defaultItems={stations}
      value={station ?? null}
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
        <ListBox className={`${select.list} ${styles.list}`}>
          {(s: StationSummary) => (
            <ListBoxItem id={s.stationId} textValue={s.name} className={`${select.option} ${styles.option}`}>
              {s.name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
