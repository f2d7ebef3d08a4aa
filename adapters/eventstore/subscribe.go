package eventstore

import (
	"context"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/microgrid-cloud/microgrid-cloud/projections"
)

const (
	// how many events the server looks at between two checkpoints is window x interval
	searchWindow       = 1024
	checkpointInterval = 1
)

// Subscribe delivers the wanted events of streams with one of the prefixes, after a position (0: from the start), until ctx
// ends or the subscription is lost. It doesn't resubscribe: only the subscriber knows its checkpoint.
func (s *Store) Subscribe(ctx context.Context, after uint64, prefixes []string, wants func(eventType string) bool, deliver func(projections.Delivery) error) (err error) {
	ctx, ended := s.options.Trace(ctx, "subscribe")
	defer func() { ended(err) }()
	used, err := s.clients.acquire()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	options := esdb.SubscribeToAllOptions{
		From: esdb.Start{}, MaxSearchWindow: searchWindow, CheckpointInterval: checkpointInterval,
		Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: prefixes},
	}
	if after > 0 {
		options.From = esdb.Position{Commit: after, Prepare: after}
	}
	type subscribed struct {
		*esdb.Subscription
		err error
	}
	opened := make(chan subscribed, 1)
	go func() { // the call may hang past its context
		sub, err := used.SubscribeToAll(ctx, options)
		opened <- subscribed{sub, err}
	}()
	var sub subscribed
	select {
	case sub = <-opened:
		defer s.clients.release(used)
	case <-ctx.Done():
		go func() { // the client must not be closed before the call is back
			if late := <-opened; late.err == nil {
				_ = late.Close()
			}
			s.clients.release(used)
		}()
		return ctx.Err()
	}
	if sub.err != nil {
		if isCode(sub.err, esdb.ErrorCodeConnectionClosed) {
			s.clients.retire(used)
		}
		return fmt.Errorf("subscribing: %w", sub.err)
	}
	defer func() { _ = sub.Close() }()
	for {
		got := sub.Recv()
		var d projections.Delivery
		switch {
		case got.SubscriptionDropped != nil:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("the subscription was dropped: %w", got.SubscriptionDropped.Error)
		case got.EventAppeared != nil:
			recorded := got.EventAppeared.OriginalEvent()
			if !wants(recorded.EventType) {
				d = projections.Delivery{Position: recorded.Position.Commit}
				break
			}
			e, err := s.decode(recorded)
			d = projections.Delivery{Position: e.Position, Event: &e, Type: recorded.EventType, Undecodable: err}
		case got.CheckPointReached != nil:
			d = projections.Delivery{Position: got.CheckPointReached.Commit}
		case got.CaughtUp != nil:
			d = projections.Delivery{CaughtUp: true}
		default:
			continue
		}
		if err := deliver(d); err != nil {
			return err
		}
	}
}
