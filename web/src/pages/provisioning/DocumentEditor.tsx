import { useEffect, useId, useMemo, useRef, useState, type DragEvent } from "react";
import { useT } from "../../i18n";
import styles from "./DocumentEditor.module.css";
import { lineOf, locator } from "./locate";

export interface Fault {
  location: string;
  message: string;
}

interface Props {
  label: string;
  text: string;
  onChange: (text: string) => void;
  /** What is wrong, each at its place. */
  faults: readonly Fault[];
}

/** A document with numbered lines, each fault in its line and in a list that leads there. A file may be dropped on it. */
export function DocumentEditor({ label, text, onChange, faults }: Props) {
  const t = useT();
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [scroll, setScroll] = useState({ top: 0, left: 0 });
  const [over, setOver] = useState(false);
  const lines = useMemo(() => text.split("\n"), [text]);
  const placed = useMemo(() => {
    const find = faults.length > 0 ? locator(text) : () => ({ from: 0, to: 0 });
    return faults
      .map((fault) => ({ ...fault, span: find(fault.location) }))
      .map((fault) => ({ ...fault, line: lineOf(text, fault.span.from) }))
      .toSorted((a, b) => a.span.from - b.span.from);
  }, [faults, text]);

  const bringIntoView = (line: number) => {
    const element = area.current;
    if (element) element.scrollTop = Math.max(0, ((line - 4) / lines.length) * element.scrollHeight);
  };
  const show = (fault: (typeof placed)[number]) => {
    area.current?.focus();
    area.current?.setSelectionRange(fault.span.from, fault.span.to);
    bringIntoView(fault.line);
  };
  const first = placed[0]?.line;
  useEffect(() => {
    if (first) bringIntoView(first);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for what a check has found
  }, [faults]);
  // A text that is dropped goes where it is dropped, as the browser does it.
  const isFile = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  const drop = (event: DragEvent) => {
    setOver(false);
    if (!isFile(event)) return;
    event.preventDefault();
    void event.dataTransfer.files[0]?.text().then(onChange);
  };

  return (
    <div className={styles.editor}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <div className={[styles.frame, over && styles.over, first && styles.faulty].filter(Boolean).join(" ")}>
        <div className={styles.gutter} aria-hidden="true">
          <pre style={{ transform: `translateY(${-scroll.top}px)` }}>{lines.map((_, i) => i + 1).join("\n")}</pre>
        </div>
        <div className={styles.paper}>
          <div
            className={styles.marks}
            aria-hidden="true"
            style={{ transform: `translate(${-scroll.left}px, ${-scroll.top}px)` }}
          >
            {placed.map((fault, i) =>
              // One message a line; the list has them all.
              placed[i - 1]?.line === fault.line ? null : (
                <div key={i} className={styles.mark} style={{ top: `calc(${fault.line - 1} * var(--line-height))` }}>
                  <span className={styles.ghost}>{lines[fault.line - 1]}</span>
                  <span className={styles.message}>{fault.message}</span>
                </div>
              ),
            )}
          </div>
          <textarea
            ref={area}
            id={id}
            className={styles.area}
            value={text}
            onChange={(event) => onChange(event.target.value)}
            onScroll={({ currentTarget: { scrollTop: top, scrollLeft: left } }) => setScroll({ top, left })}
            onDragOver={(event) => {
              if (!isFile(event)) return;
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={drop}
            wrap="off"
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            aria-invalid={faults.length > 0}
            aria-describedby={faults.length > 0 ? `${id}-faults` : undefined}
          />
        </div>
      </div>
      {placed.length > 0 && (
        <div id={`${id}-faults`} className={styles.faults} role="alert">
          <p className={styles.count}>{t("provisioning.faults", { count: placed.length })}</p>
          <ol>
            {placed.map((fault, i) => (
              <li key={i}>
                <button type="button" onClick={() => show(fault)}>
                  <span className={styles.line}>{t("provisioning.line", { line: fault.line })}</span>
                  <span>
                    {!/^line \d+$/.test(fault.location) && <code>{fault.location}</code>} {fault.message}
                  </span>
                </button>
              </li>
            ))}
          </ol>
        </div>
      )}
    </div>
  );
}
