/** One event of a stream in the text/event-stream format. */
export interface StreamEvent {
  event: string;
  data: string;
}

/** Takes a stream's text apart as it comes. */
export class EventParser {
  private rest = "";
  private id: string;
  private event = "";
  private data: string[] = [];

  /** The id to resume after is that of the last block, which may hold nothing else. */
  constructor(public lastId = "") {
    this.id = lastId;
  }

  /** The events that are complete with this piece. */
  push(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== "") {
        this.read(line);
        continue;
      }
      this.lastId = this.id;
      if (this.data.length > 0) events.push({ event: this.event || "message", data: this.data.join("\n") });
      this.event = "";
      this.data = [];
    }
    return events;
  }

  private read(line: string): void {
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "data") this.data.push(value);
    else if (field === "event") this.event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
  }
}
