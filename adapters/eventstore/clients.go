package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// errHangs says that a call didn't come back within its time.
var errHangs = errors.New("the event store's client doesn't come back")

// clients keeps one living client. The official client closes itself for good after its last attempt to find a
// server, can hang past a call's context while it looks for one, and panics when it is closed under a call.
type clients struct {
	config *esdb.Configuration

	mu      sync.Mutex
	current *client
	closed  bool
}

// client counts its calls, so that it is closed only when none is under way.
type client struct {
	*esdb.Client
	calls   int
	retired bool
}

func newClients(connectionString string) (*clients, error) {
	config, err := esdb.ParseConnectionString(connectionString)
	if err != nil {
		return nil, fmt.Errorf("event store connection string: %w", err)
	}
	config.Logger = esdb.NoopLogging()
	return &clients{config: config}, nil
}

func (c *clients) acquire() (*client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errors.New("the event store's client is closed")
	}
	if c.current == nil {
		made, err := esdb.NewClient(c.config)
		if err != nil {
			return nil, err
		}
		c.current = &client{Client: made}
	}
	c.current.calls++
	return c.current, nil
}

func (c *clients) release(used *client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	used.calls--
	used.closeIfIdle()
}

// retire lets a client go that has closed itself; the next call gets a new one.
func (c *clients) retire(dead *client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	dead.retired = true
	if c.current == dead {
		c.current = nil
	}
}

// closeIfIdle is called with the lock held.
func (c *client) closeIfIdle() {
	if c.retired && c.calls == 0 {
		_ = c.Close()
	}
}

// do makes a call that may hang, and comes back when ctx ends.
func (c *clients) do(ctx context.Context, call func(context.Context, *esdb.Client) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	used, err := c.acquire()
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer c.release(used)
		err := call(ctx, used.Client)
		if isCode(err, esdb.ErrorCodeConnectionClosed) {
			c.retire(used)
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(100 * time.Millisecond): // a call that heeds its context is back by now
		return errHangs
	}
}

func (c *clients) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.current != nil {
		c.current.retired = true
		c.current.closeIfIdle()
		c.current = nil
	}
}
