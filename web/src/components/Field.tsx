import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextArea } from "react-aria-components/TextArea";
import { TextField, type TextFieldProps } from "react-aria-components/TextField";
import styles from "./Field.module.css";

interface Props extends Omit<TextFieldProps, "className" | "style" | "children"> {
  label: string;
  hint?: string | undefined;
  /** What is wrong with the value, in a sentence. */
  error?: string | undefined;
  /** Lines of a text area; without it one line. */
  lines?: number;
  placeholder?: string;
}

export function Field({ label, hint, error, lines, placeholder, ...rest }: Props) {
  return (
    <TextField {...rest} className={styles.field} isInvalid={error !== undefined}>
      <Label>{label}</Label>
      {lines ? (
        <TextArea className={styles.input} rows={lines} placeholder={placeholder} spellCheck={false} />
      ) : (
        <Input className={styles.input} placeholder={placeholder} />
      )}
      {hint && (
        <Text slot="description" className={styles.hint}>
          {hint}
        </Text>
      )}
      <FieldError className={styles.error}>{error}</FieldError>
    </TextField>
  );
}
