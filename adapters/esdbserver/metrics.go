package esdbserver

import "time"

// metrics counts and times what an operator watches.
type metrics struct{}

func (m *metrics) synced(took time.Duration, events int) {}

func (m *metrics) appended(took time.Duration, req *writeRequest) {}

func (m *metrics) subscribed(next *uint64, st *store) func() { return func() {} }
