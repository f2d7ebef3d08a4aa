import { useRef } from "react";
import { Button } from "./Button";

interface Props {
  accept: string;
  onText: (text: string) => void;
  children: string;
}

/** Lets somebody choose a file, and gives what is written in it. */
export function OpenFile({ accept, onText, children }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = ""; // the same file may be chosen again
          if (file) void file.text().then(onText);
        }}
      />
      <Button icon="upload" onPress={() => input.current?.click()}>
        {children}
      </Button>
    </>
  );
}
