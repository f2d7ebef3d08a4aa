import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "react-aria-components/Button";
import { ComboBox } from "react-aria-components/ComboBox";
import { Input } from "react-aria-components/Input";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { useStations } from "../api/stations";
import { Icon } from "../components/Icon";
import select from "../components/Select.module.css";
import { useT } from "../i18n";
import styles from "./StationPicker.module.css";

/** The station that the page is about, found by typing a part of its name; it stands in the address. */
export function StationPicker() {
  const t = useT();
  const { station } = useSearch({ from: "__root__" });
  const { data: stations = [] } = useStations();
  const navigate = useNavigate();
  if (stations.length === 0) return <div className={styles.picker} />;
  return (
    <ComboBox
      className={styles.picker}
      aria-label={t("app.station")}
      defaultItems={stations}
      value={station ?? null}
      onChange={(id) => {
        if (id === null || id === station) return;
        const to = location.pathname.endsWith("/fleet") ? "/" : ".";
        void navigate({ to, search: (s) => ({ ...s, station: String(id) }) });
      }}
      menuTrigger="focus"
    >
      <div className={select.box}>
        <Input className={select.input} placeholder={t("app.chooseStation")} />
        <Button className={select.opener}>
          <Icon name="chevron" size={16} />
        </Button>
      </div>
      <Popover className={select.popover}>
        <ListBox className={`${select.list} ${styles.list}`}>
          {(s: (typeof stations)[number]) => (
            <ListBoxItem id={s.stationId} textValue={s.name} className={`${select.option} ${styles.option}`}>
              {s.name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
