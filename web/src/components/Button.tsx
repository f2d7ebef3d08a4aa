import { Button as AriaButton, type ButtonProps } from "react-aria-components/Button";
import { Icon, type IconName } from "./Icon";
import styles from "./Button.module.css";

interface Props extends Omit<ButtonProps, "className" | "children" | "style"> {
  /** primary: the one thing to do here; plain: anything else; quiet: beside others in a bar. */
  look?: "primary" | "plain" | "quiet";
  icon?: IconName;
  children: string;
  /** The language of the words, where it isn't the page's. */
  lang?: string;
  /** Shows the icon alone; the words are then the button's name and hint. */
  iconOnly?: boolean;
}

export function Button({ look = "plain", icon, iconOnly, children, lang, isPending, onPress, type, ...rest }: Props) {
  return (
    <AriaButton
      {...rest}
      className={`${styles.button} ${styles[look]}`}
      // What is under way isn't begun again; the button keeps the focus, which a disabled one would lose.
      onPress={isPending ? undefined : onPress}
      type={isPending ? "button" : type}
      data-busy={isPending || undefined}
      {...(iconOnly && { "aria-label": children })}
    >
      {icon && <Icon name={icon} size={18} />}
      {!iconOnly && <span lang={lang}>{children}</span>}
    </AriaButton>
  );
}
