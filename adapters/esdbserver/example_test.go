package esdbserver_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/esdbserver"
)

// A store for a test, reached like any EventStoreDB. In a test DataDir is
// t.TempDir() and the server is closed by t.Cleanup.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "events")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()

	server, err := esdbserver.New(esdbserver.Options{DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()

	config, err := esdb.ParseConnectionString(server.ConnectionString())
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := esdb.NewClient(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close() }()

	ctx := context.Background()
	written, err := client.AppendToStream(ctx, "meter-7", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}},
		esdb.EventData{EventType: "MeterRead", ContentType: esdb.ContentTypeJson, Data: []byte(`{"kWh":"12.500"}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("revision", written.NextExpectedVersion, "position", written.CommitPosition)

	events, err := client.ReadStream(ctx, "meter-7", esdb.ReadStreamOptions{From: esdb.Start{}}, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer events.Close()
	event, err := events.Recv()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(event.Event.EventType, string(event.Event.Data))
	// Output:
	// revision 0 position 1
	// MeterRead {"kWh":"12.500"}
}
