package esdbserver

import (
	"context"
)

// Run opens a store and serves it until the context ends. It is the whole of a
// stand-alone event store.
func Run(ctx context.Context, o Options) error {
	s, err := New(o)
	if err != nil {
		return err
	}
	s.log.Info("event store is serving", "listen", s.Addr(), "connection", s.ConnectionString(),
		"data_dir", o.DataDir, "last_position", s.LastPosition())
	<-ctx.Done()
	return s.Close()
}
