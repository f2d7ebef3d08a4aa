import { Button } from "react-aria-components/Button";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import { Icon, type IconName } from "./Icon";
import styles from "./Select.module.css";

export interface Option<K extends string> {
  key: K;
  label: string;
}

interface Props<K extends string> {
  label: string;
  options: readonly Option<K>[];
  value: K;
  onChange: (key: K) => void;
  /** For bars: the icon shows what it is about, and the label is for screen readers. */
  icon?: IconName;
}

/** One of a few. */
export function Select<K extends string>({ label, options, value, onChange, icon }: Props<K>) {
  return (
    <AriaSelect
      className={styles.select}
      value={value}
      onChange={(key) => key !== null && onChange(key as K)}
      {...(icon && { "aria-label": label })}
    >
      {!icon && <Label>{label}</Label>}
      <Button className={styles.button}>
        {icon && <Icon name={icon} size={18} />}
        <SelectValue className={styles.value} />
        <Icon name="chevron" size={16} />
      </Button>
      <Popover className={styles.popover}>
        <ListBox className={styles.list} items={options}>
          {(option) => (
            <ListBoxItem id={option.key} textValue={option.label} className={styles.option}>
              {option.label}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
