package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// Incoming is one message of a request, or what is wrong with it.
type Incoming struct {
	DeviceName string
	DeviceID   string // ThingsBoard's
	TS         int64
	Values     json.RawMessage // canonical
	Err        error
}

// Receipt says what became of a request's messages, by their index.
type Receipt struct {
	Accepted   int        `json:"accepted"`   // durable
	Duplicates int        `json:"duplicates"` // known before, as far as that is known
	Rejected   []Rejected `json:"rejected"`
	Unusable   []Unusable `json:"unusable,omitempty"`
}

// Rejected is a message that was not accepted.
type Rejected struct {
	Index       int    `json:"index"`
	Reason      string `json:"reason"`
	Quarantined bool   `json:"quarantined"` // kept, to be replayed when it can be used
}

// Unusable is a value of an accepted message that is mapped, but is no sample.
type Unusable struct {
	Index int    `json:"index"`
	Key   string `json:"key"`
}

// IngestLimits may change while the platform runs.
type IngestLimits struct {
	MaxFuture time.Duration // how far a timestamp may be ahead of the clock
	Oldest    time.Time     // before it a timestamp is taken for a device's clock that isn't set
}

// Ingest takes telemetry in: each message goes to the stream of its station's local day, durable before it is
// acknowledged, and once as far as repeats are known.
type Ingest struct {
	directory  *Directory
	appender   *appender
	quarantine Quarantine
	now        func() time.Time
	limits     atomic.Pointer[IngestLimits]
}

// NewIngest makes an ingest that appends to the store.
func NewIngest(store Store, directory *Directory, quarantine Quarantine, now func() time.Time, limits IngestLimits, o AppenderOptions) *Ingest {
	in := &Ingest{directory: directory, quarantine: quarantine, now: now, appender: newAppender(store, o)}
	in.SetLimits(limits)
	return in
}

// SetLimits changes the limits from the next message on.
func (in *Ingest) SetLimits(l IngestLimits) { in.limits.Store(&l) }

// Accept takes the messages of one request. The error is of kind Unavailable where the store can't take them now;
// those that were appended before are repeats when the request comes again.
func (in *Ingest) Accept(ctx context.Context, tenant string, messages []Incoming) (Receipt, error) {
	receipt, held, err := in.accept(ctx, tenant, messages)
	if err != nil {
		return Receipt{}, err
	}
	if len(held) > 0 {
		if err := in.quarantine.Hold(ctx, tenant, held, in.now()); err != nil {
			return Receipt{}, err
		}
	}
	return receipt, nil
}

// accept takes in what can be used and says what is to be held.
func (in *Ingest) accept(ctx context.Context, tenant string, messages []Incoming) (Receipt, []telemetry.Quarantined, error) {
	if !in.directory.Ready() {
		// a device that isn't known yet is not an unknown device
		return Receipt{}, nil, NotRead()
	}
	receipt := Receipt{Rejected: []Rejected{}}
	now, limits := in.now(), in.limits.Load()
	pending := make([]*submission, 0, len(messages))
	var held []telemetry.Quarantined
	for i, m := range messages {
		reject := func(format string, args ...any) {
			receipt.Rejected = append(receipt.Rejected, Rejected{Index: i, Reason: fmt.Sprintf(format, args...)})
		}
		quarantine := func(reason string, values json.RawMessage) {
			held = append(held, telemetry.Quarantined{
				DeviceName: m.DeviceName, DeviceID: m.DeviceID, TS: m.TS, Values: values, Reason: reason,
			})
		}
		switch ts := time.UnixMilli(m.TS); {
		case m.Err != nil:
			reject("%s", m.Err)
			continue
		case ts.After(now.Add(limits.MaxFuture)):
			reject("ts %d is more than %s ahead of the clock", m.TS, limits.MaxFuture)
			continue
		case len(m.Values) > maxValues:
			reject("the values of a message are %d bytes, more than %d", len(m.Values), maxValues)
			continue
		case ts.Before(limits.Oldest):
			reject("ts %d is before %s: is the device's clock set?", m.TS, limits.Oldest.UTC().Format(time.DateOnly))
			continue
		}
		entry, device, ok := in.directory.Device(tenant, m.DeviceName, m.DeviceID)
		if !ok {
			name := m.DeviceName
			if name == "" {
				name = m.DeviceID
			}
			quarantine(telemetry.UnknownDevice, m.Values)
			receipt.Rejected = append(receipt.Rejected, Rejected{Index: i, Reason: fmt.Sprintf("device %.200q is not known", name), Quarantined: true})
			continue
		}
		keys, total := entry.Plan.Unusable(device, m.TS, m.Values)
		if len(keys) > 0 {
			quarantine(telemetry.UnusableValue, m.Values)
		}
		if len(keys) == total {
			receipt.Rejected = append(receipt.Rejected, Rejected{Index: i, Reason: fmt.Sprintf("no number that can be used: %s", strings.Join(keys, ", ")), Quarantined: true})
			continue
		}
		for _, k := range keys {
			receipt.Unusable = append(receipt.Unusable, Unusable{i, k})
		}
		r := telemetry.Received{DeviceID: device, TS: m.TS, Values: m.Values}
		s := &submission{
			station: tenant + "." + entry.Station.ID,
			stream:  telemetry.Stream(tenant, entry.Station.ID, entry.Day(m.TS)),
			event:   event.Event{ID: r.ID(tenant, entry.Station.ID), Metadata: event.Metadata{Tenant: tenant, OccurredAt: ts(m.TS), RecordedAt: now.UTC()}, Payload: r},
			size:    len(m.Values) + 400,
		}
		pending = append(pending, s)
	}
	if err := in.appender.submit(ctx, pending); err != nil {
		return Receipt{}, nil, err
	}
	var failed error
	for _, s := range pending {
		switch err := s.wait(ctx); {
		case err != nil:
			failed = err
		case s.duplicate:
			receipt.Duplicates++
		default:
			receipt.Accepted++
		}
	}
	return receipt, held, failed
}

func ts(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Quarantine keeps messages that can't be used yet.
type Quarantine struct {
	Store Store
}

// Hold makes them durable, each once.
func (q Quarantine) Hold(ctx context.Context, tenant string, held []telemetry.Quarantined, now time.Time) error {
	const atOnce = 200
	for len(held) > 0 {
		n := min(atOnce, len(held))
		events := make([]event.Event, n)
		for i, h := range held[:n] {
			events[i] = event.Event{
				ID:       h.ID(tenant),
				Metadata: event.Metadata{Tenant: tenant, OccurredAt: ts(h.TS), RecordedAt: now.UTC()},
				Payload:  h,
			}
		}
		if err := q.append(ctx, telemetry.QuarantineStream(tenant, now), events); err != nil {
			return fmt.Errorf("keeping %d messages in quarantine: %w", n, err)
		}
		held = held[n:]
	}
	return nil
}

func (q Quarantine) append(ctx context.Context, stream string, events []event.Event) error {
	_, err := q.Store.Append(ctx, stream, Any, events...)
	if !errors.Is(err, ErrWrongRevision) {
		return err
	}
	// some are known to the store and some are not: each for itself, the known ones are repeats
	for _, e := range events {
		if _, err := q.Store.Append(ctx, stream, Any, e); err != nil {
			return err
		}
	}
	return nil
}

// recent remembers the ids of the last appended messages, between limit and twice as many.
type recent struct {
	limit        int
	newer, older map[uuid.UUID]struct{}
}

func newRecent(limit int) *recent {
	return &recent{limit: limit, newer: map[uuid.UUID]struct{}{}, older: map[uuid.UUID]struct{}{}}
}

func (r *recent) has(id uuid.UUID) bool {
	if _, ok := r.newer[id]; ok {
		return true
	}
	_, ok := r.older[id]
	return ok
}

func (r *recent) add(id uuid.UUID) {
	if len(r.newer) >= r.limit {
		r.older, r.newer = r.newer, make(map[uuid.UUID]struct{}, r.limit)
	}
	r.newer[id] = struct{}{}
}
