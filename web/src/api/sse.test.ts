import { describe, expect, it } from "vitest";
import { EventParser } from "./sse";

const text =
  'id: 7\n\n: heartbeat\nid: 9\n\nid: 12\r\nevent: telemetry\r\ndata: {"a":\r\ndata:1}\r\n\r\nid: 13\ndata: cut off';

describe("EventParser", () => {
  it("gives what is complete, and the id to resume after", () => {
    const parser = new EventParser();
    expect(parser.push(text)).toEqual([{ event: "telemetry", data: '{"a":\n1}' }]);
    expect(parser.lastId).toBe("12");
    expect(parser.push("\n\n")).toEqual([{ event: "message", data: "cut off" }]);
    expect(parser.lastId).toBe("13");
  });

  it("takes ids from blocks without data", () => {
    const parser = new EventParser();
    expect(parser.push("id: 7\n\n: heartbeat\nid: 9\n\n")).toEqual([]);
    expect(parser.lastId).toBe("9");
  });

  it("gives the same however the text is cut", () => {
    for (let size = 1; size < 12; size++) {
      const parser = new EventParser();
      const events = [];
      for (let i = 0; i < text.length; i += size) events.push(...parser.push(text.slice(i, i + size)));
      expect(events).toEqual([{ event: "telemetry", data: '{"a":\n1}' }]);
      expect(parser.lastId).toBe("12");
    }
  });
});
