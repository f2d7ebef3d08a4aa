// Drives a server with the Node.js client, which appends over one BatchAppend
// call. The server's connection string is in ESDB.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import db from "@eventstore/db-client";

const {
  EventStoreDBClient, jsonEvent, binaryEvent, ANY, NO_STREAM, STREAM_EXISTS, START, END, FORWARDS, BACKWARDS,
  WrongExpectedVersionError, StreamDeletedError, StreamNotFoundError, MaxAppendSizeExceededError,
  excludeSystemEvents, streamNameFilter, eventTypeFilter, persistentSubscriptionToStreamSettingsFromDefaults,
} = db;

const client = EventStoreDBClient.connectionString(process.env.ESDB);
after(() => client.dispose());

const stream = (name) => `${name}-${randomUUID()}`;
const made = (type, data = {}) => jsonEvent({ type, data });

async function all(events) {
  const out = [];
  for await (const e of events) out.push(e);
  return out;
}

test("appends by BatchAppend, many at once, and reads them back", async () => {
  const names = Array.from({ length: 50 }, () => stream("node"));
  const results = await Promise.all(
    names.map((name, i) => client.appendToStream(name, [made("A", { i }), made("B", { i })], { expectedRevision: NO_STREAM })),
  );
  for (const r of results) {
    assert.equal(r.success, true);
    assert.equal(r.nextExpectedRevision, 1n);
    assert.ok(r.position.commit > 0n && r.position.commit === r.position.prepare);
  }
  assert.equal(new Set(results.map((r) => r.position.commit)).size, names.length);
  for (const [i, name] of names.entries()) {
    const found = await all(client.readStream(name, { direction: FORWARDS, fromRevision: START }));
    assert.deepEqual(found.map((e) => e.event.type), ["A", "B"]);
    assert.deepEqual(found.map((e) => e.event.data), [{ i }, { i }]);
    assert.equal(found[1].event.position.commit, results[i].position.commit);
  }
});

test("keeps ids, bytes and metadata", async () => {
  const name = stream("bytes");
  const id = randomUUID();
  const data = Buffer.from([0, 1, 2, 254, 255]);
  await client.appendToStream(name, binaryEvent({ id, type: "Binary", data, metadata: Buffer.from([7]) }));
  const [{ event }] = await all(client.readStream(name));
  assert.equal(event.id, id);
  assert.equal(event.isJson, false);
  assert.deepEqual(Buffer.from(event.data), data);
  assert.deepEqual(Buffer.from(event.metadata), Buffer.from([7]));
  assert.ok(Math.abs(Date.now() - event.created.getTime()) < 60_000);
});

test("tells a wrong expected revision, a deleted stream and too large an append", async () => {
  const name = stream("wrong");
  await client.appendToStream(name, made("A"), { expectedRevision: NO_STREAM });
  await assert.rejects(client.appendToStream(name, made("A"), { expectedRevision: 5n }), (e) => {
    assert.ok(e instanceof WrongExpectedVersionError, String(e));
    assert.equal(e.actualVersion, 0n);
    return true;
  });
  await assert.rejects(client.appendToStream(stream("none"), made("A"), { expectedRevision: STREAM_EXISTS }), WrongExpectedVersionError);
  await assert.rejects(client.appendToStream(name, made("A", { big: "x".repeat(1_100_000) })), MaxAppendSizeExceededError);
  await client.tombstoneStream(name);
  await assert.rejects(client.appendToStream(name, made("A")), StreamDeletedError);
  await assert.rejects(all(client.readStream(name)), StreamDeletedError);
  await assert.rejects(all(client.readStream(stream("none"))), StreamNotFoundError);
});

test("answers a repeat as the first time", async () => {
  const name = stream("repeat");
  const batch = [made("A"), made("B")];
  const first = await client.appendToStream(name, batch, { expectedRevision: ANY });
  const again = await client.appendToStream(name, batch, { expectedRevision: ANY });
  assert.deepEqual(again.position, first.position);
  assert.equal((await all(client.readStream(name))).length, 2);
});

test("deletes a stream and writes it again", async () => {
  const name = stream("deleted");
  await client.appendToStream(name, [made("A"), made("B")]);
  await client.deleteStream(name, { expectedRevision: 1n });
  await assert.rejects(all(client.readStream(name)), StreamNotFoundError);
  const again = await client.appendToStream(name, made("C"), { expectedRevision: NO_STREAM });
  assert.equal(again.nextExpectedRevision, 2n);
  assert.deepEqual((await all(client.readStream(name))).map((e) => e.event.revision), [2n]);
});

test("sets and reads stream metadata", async () => {
  const name = stream("metadata");
  await client.appendToStream(name, [made("A"), made("B"), made("C")]);
  await client.setStreamMetadata(name, { maxCount: 2, custom: "kept" });
  const { metadata } = await client.getStreamMetadata(name);
  assert.equal(metadata.maxCount, 2);
  assert.equal(metadata.custom, "kept");
  assert.deepEqual((await all(client.readStream(name))).map((e) => e.event.type), ["B", "C"]);
});

test("reads $all both ways", async () => {
  const name = stream("all");
  await client.appendToStream(name, [made("First"), made("Second")]);
  const back = await all(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 2 }));
  assert.deepEqual(back.map((e) => e.event.type), ["Second", "First"]);
  const { commit, prepare } = back[1].event.position;
  const forward = await all(client.readAll({ direction: FORWARDS, fromPosition: { commit, prepare } }));
  assert.deepEqual(forward.map((e) => e.event.type), ["First", "Second"]);
});

test("subscribes to a stream, from its start and live", { timeout: 20_000 }, async () => {
  const name = stream("subscribed");
  await client.appendToStream(name, made("Before"));
  const subscription = client.subscribeToStream(name, { fromRevision: START });
  const seen = [];
  for await (const { event } of subscription) {
    seen.push(event.type);
    if (seen.length === 1) await client.appendToStream(name, made("After"));
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, ["Before", "After"]);
  await subscription.unsubscribe();
});

test("subscribes to $all with filters and checkpoints", { timeout: 20_000 }, async () => {
  const type = `T${randomUUID()}`;
  let checkpoints = 0;
  const subscription = client.subscribeToAll({
    fromPosition: START,
    filter: eventTypeFilter({
      prefixes: [type], maxSearchWindow: 1, checkpointInterval: 1,
      checkpointReached: () => { checkpoints += 1; },
    }),
  });
  await client.appendToStream(stream("live"), [made("Other"), made(type)]);
  for await (const { event } of subscription) {
    assert.equal(event.type, type);
    break;
  }
  assert.ok(checkpoints > 0);
  await subscription.unsubscribe();

  const name = stream("named");
  await client.appendToStream(name, made("Named"));
  const named = client.subscribeToAll({ fromPosition: START, filter: streamNameFilter({ prefixes: [name] }) });
  for await (const { event } of named) {
    assert.equal(event.streamId, name);
    break;
  }
  await named.unsubscribe();

  const quiet = client.subscribeToAll({ fromPosition: START, filter: excludeSystemEvents() });
  for await (const { event } of quiet) {
    assert.ok(!event.type.startsWith("$"));
    break;
  }
  await quiet.unsubscribe();
});

test("consumes a persistent subscription", { timeout: 20_000 }, async () => {
  const name = stream("persistent");
  await client.createPersistentSubscriptionToStream(name, "group", persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START }));
  await client.appendToStream(name, [made("A"), made("B")]);
  const subscription = client.subscribeToPersistentSubscriptionToStream(name, "group");
  const seen = [];
  for await (const resolved of subscription) {
    seen.push(resolved.event.type);
    await subscription.ack(resolved);
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, ["A", "B"]);
  await subscription.unsubscribe();
  const info = await client.getPersistentSubscriptionToStreamInfo(name, "group");
  assert.equal(info.groupName, "group");
  await client.deletePersistentSubscriptionToStream(name, "group");
});
