/** One event of a stream in the text/event-stream format. */
export interface StreamEvent {
  id: string;
  event: string;
  data: string;
}

/**
 * Takes a stream's text apart as it comes. Returns a function that is given the next piece and returns the events that
 * are complete with it.
 */
export function eventParser(): (text: string) => StreamEvent[] {
  let rest = "";
  let next = blank();
  let id = "";

  return (text) => {
    const events: StreamEvent[] = [];
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (next.data.length > 0) events.push({ id, event: next.event, data: next.data.join("\n") });
        next = blank();
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") next.data.push(value);
      else if (field === "event") next.event = value;
      else if (field === "id" && !value.includes("\0")) id = value;
    }
    return events;
  };
}

function blank() {
  return { event: "message", data: [] as string[] };
}
