// Package esdbserver is an event store in one process: a server that speaks
// EventStoreDB's gRPC protocol over files kept by Pebble. Programs reach it
// only through an EventStoreDB client and a connection string, so the same
// program runs against a real EventStoreDB or KurrentDB without a change.
//
// It owns the data directory it is given: the files and their format, the
// order of events, the rules of expected revisions, deletes and stream
// metadata, reads, subscriptions, users and access lists, backup, verification
// and export.
//
// It doesn't own what events mean, and it has no clustering, no projections
// and no HTTP interface. What the protocol names and this package doesn't
// implement is answered with UNIMPLEMENTED.
//
// The promise: an append is answered only after its events are synced to disk.
// After the process is killed at any moment every acknowledged event is there,
// once and in order, and no half of a batch is. Damage that happened to the
// files since is found by checksums, named, and never served as good.
package esdbserver
