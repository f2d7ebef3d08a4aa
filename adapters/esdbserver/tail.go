package esdbserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// TailOptions say which events Tail writes.
type TailOptions struct {
	// Stream to read; all of them when empty.
	Stream string
	// From a position (or, of a stream, a revision) on, exclusive; from the
	// start when nil.
	From *uint64
	// New leaves out what is there already.
	New bool
	// Follow waits for more instead of ending where the store does.
	Follow bool
	// System includes events whose type starts with "$".
	System bool
}

// Tail writes events as lines of JSON (see EventLine) from any EventStoreDB,
// this one too, as they come. It ends with the context or, without Follow, at
// the end of what is there. The connection is a connection string, or
// "unix:/path/to/socket", which those have no room for.
func Tail(ctx context.Context, connection string, o TailOptions, w io.Writer) error {
	config, err := configOf(connection)
	if err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	config.Logger = esdb.NoopLogging()
	client, err := esdb.NewClient(config)
	if err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	defer func() { _ = client.Close() }()
	sub, err := o.subscribe(ctx, client)
	if err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	defer func() { _ = sub.Close() }()
	var line []byte
	for {
		switch e := sub.Recv(); {
		case e.SubscriptionDropped != nil:
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("tail: %w", e.SubscriptionDropped.Error)
		case e.CaughtUp != nil && !o.Follow:
			return nil
		case e.EventAppeared != nil:
			recorded := e.EventAppeared.OriginalEvent()
			if recorded == nil || !o.System && len(recorded.EventType) > 0 && recorded.EventType[0] == '$' {
				continue
			}
			if line, err = clientLine(recorded).appendTo(line[:0]); err != nil {
				return fmt.Errorf("tail: %w", err)
			}
			if _, err := w.Write(line); err != nil {
				return errors.Join(fmt.Errorf("tail: %w", err))
			}
		}
	}
}

func configOf(connection string) (*esdb.Configuration, error) {
	if !strings.HasPrefix(connection, "unix:") {
		return esdb.ParseConnectionString(connection)
	}
	config, err := esdb.ParseConnectionString("esdb://localhost?tls=false")
	if err != nil {
		return nil, err
	}
	config.Address = connection
	return config, nil
}

func (o TailOptions) subscribe(ctx context.Context, client *esdb.Client) (*esdb.Subscription, error) {
	if o.Stream != "" {
		var from esdb.StreamPosition = esdb.Start{}
		if o.From != nil {
			from = esdb.Revision(*o.From)
		}
		if o.New {
			from = esdb.End{}
		}
		return client.SubscribeToStream(ctx, o.Stream, esdb.SubscribeToStreamOptions{From: from})
	}
	var from esdb.AllPosition = esdb.Start{}
	if o.From != nil {
		from = esdb.Position{Commit: *o.From, Prepare: *o.From}
	}
	if o.New {
		from = esdb.End{}
	}
	return client.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{From: from})
}

func clientLine(e *esdb.RecordedEvent) *EventLine {
	l := &EventLine{
		Position: e.Position.Commit, Stream: e.StreamID, Revision: int64(e.EventNumber), ID: e.EventID,
		Type: e.EventType, Created: e.CreatedDate.UTC().Format(createdLayout), ContentType: e.ContentType,
	}
	l.setPayload(e.Data, e.UserMetadata)
	return l
}
