import { parseDate, type CalendarDate } from "@internationalized/date";
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

/** Two local days, typed or picked from a calendar. */
export function DateRange({ label, from, to, onChange }: Props) {
  return (
    <DateRangePicker
      aria-label={label}
      value={{ start: parseDate(from), end: parseDate(to) }}
      onChange={(range) => range && onChange(text(range.start), text(range.end))}
    >
      <Group className={styles.box}>
        <DateInput slot="start" className={styles.input}>
          {(segment) => <DateSegment segment={segment} className={styles.segment} />}
        </DateInput>
        <span aria-hidden="true">–</span>
        <DateInput slot="end" className={styles.input}>
          {(segment) => <DateSegment segment={segment} className={styles.segment} />}
        </DateInput>
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

function text(date: Pick<CalendarDate, "toString">): string {
  return date.toString().slice(0, 10);
}
