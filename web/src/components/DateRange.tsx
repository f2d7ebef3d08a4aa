import { parseDate, type DateValue } from "@internationalized/date";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { CalendarCell, CalendarGrid, RangeCalendar } from "react-aria-components/RangeCalendar";
import { DateInput, DateSegment } from "react-aria-components/DateField";
import { DateRangePicker } from "react-aria-components/DateRangePicker";
import { Dialog } from "react-aria-components/Dialog";
import { Group } from "react-aria-components/Group";
import { Heading } from "react-aria-components/Heading";
import { Popover } from "react-aria-components/Popover";
import styles from "./DateRange.module.css";
import { Icon } from "./Icon";

interface Props {
  label: string;
  /** Local days, both included. */
  from: string;
  to: string;
  onChange: (from: string, to: string) => void;
}

/** Two local days, picked from a calendar, or typed: then they count by Enter, or once the field is left. */
export function DateRange({ label, from, to, onChange }: Props) {
  const [typed, setTyped] = useState<Typed>();
  const [picking, setPicking] = useState(false);
  const take = ({ start, end }: Typed) => {
    setTyped(undefined);
    const [first = "", last = ""] = [text(start), text(end)].sort();
    // A year that is half typed is one of the first thousand; the address takes none of those.
    if (first >= "1970" && last < "2200" && (first !== from || last !== to)) onChange(first, last);
  };
  return (
    <DateRangePicker
      aria-label={label}
      value={typed ?? { start: parseDate(from), end: parseDate(to) }}
      onChange={(range) => (range && picking ? take(range) : setTyped(range ?? undefined))}
      isOpen={picking}
      onOpenChange={setPicking}
      onBlur={() => typed && take(typed)}
    >
      <Group className={styles.box}>
        {/* On its way in: the fields keep the keys that they are given. */}
        <div className={styles.fields} onKeyDownCapture={(event) => event.key === "Enter" && typed && take(typed)}>
          <DateInput slot="start" className={styles.input}>
            {(segment) => <DateSegment segment={segment} className={styles.segment} />}
          </DateInput>
          <span aria-hidden="true">–</span>
          <DateInput slot="end" className={styles.input}>
            {(segment) => <DateSegment segment={segment} className={styles.segment} />}
          </DateInput>
        </div>
        <Button className={styles.opener}>
          <Icon name="calendar" size={18} />
        </Button>
      </Group>
      <Popover className={styles.popover}>
        <Dialog className={styles.dialog}>
          <RangeCalendar>
            <header className={styles.head}>
              <Button slot="previous" className={styles.opener}>
                <Icon name="previous" size={18} />
              </Button>
              <Heading className={styles.month} />
              <Button slot="next" className={styles.opener}>
                <Icon name="next" size={18} />
              </Button>
            </header>
            <CalendarGrid>{(date) => <CalendarCell date={date} className={styles.day} />}</CalendarGrid>
          </RangeCalendar>
        </Dialog>
      </Popover>
    </DateRangePicker>
  );
}

interface Typed {
  start: DateValue;
  end: DateValue;
}

function text(date: DateValue): string {
  return date.toString().slice(0, 10);
}
