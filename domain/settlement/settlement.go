package settlement

import (
	"strings"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// Calculated says what a day costs and earns as far as is known. Each has a version of its own.
type Calculated struct {
	Version int `json:"version"` // from 1
	Calculation
}

// Frozen says that a version stands for good.
type Frozen struct {
	StationID      string        `json:"stationId"`
	Date           calendar.Date `json:"date"`
	Version        int           `json:"version"`
	By             string        `json:"by"`
	At             time.Time     `json:"at"`
	OverrideReason string        `json:"overrideReason,omitempty"` // why a provisional day was frozen
}

// Adjusted says what a frozen day came to later: the calculation as it is now, and its difference to the version that
// it corrects, which is carried to the next statement. Each adjustment corrects the version before it, so that the
// frozen amounts and all differences add up to the last.
type Adjusted struct {
	Version    int     `json:"version"`
	Corrects   int     `json:"corrects"`
	Difference Amounts `json:"difference"`
	Calculation
}

// EventType names the event.
func (Calculated) EventType() string { return "SettlementCalculated" }

// EventType names the event.
func (Frozen) EventType() string { return "SettlementFrozen" }

// EventType names the event.
func (Adjusted) EventType() string { return "SettlementAdjusted" }

// Events are the payloads of this package.
func Events() []event.Definition {
	return []event.Definition{event.Define[Calculated](), event.Define[Frozen](), event.Define[Adjusted]()}
}

// Stream is the stream of a station's local day.
func Stream(tenant, stationID string, date calendar.Date) string {
	return "settlement-" + tenant + "." + ID(stationID, date)
}

// ID names a day's settlement within its tenant; all its versions share it.
func ID(stationID string, date calendar.Date) string { return stationID + "." + date.Compact() }

// ParseID reads what ID wrote.
func ParseID(id string) (stationID string, date calendar.Date, err error) {
	if dot := strings.LastIndexByte(id, '.'); dot > 0 {
		if date, err = calendar.ParseCompact(id[dot+1:]); err == nil {
			return id[:dot], date, nil
		}
	}
	return "", 0, problem.New(problem.NotFound, "%q is not the id of a settlement", id)
}

// Status is where a settlement stands.
type Status string

// The states of a settlement.
const (
	StatusCalculated Status = "calculated"
	StatusFrozen     Status = "frozen"
	StatusAdjusted   Status = "adjusted" // frozen, and corrected since
)

// Settlement is a station's day as its events made it. The zero value was never calculated.
type Settlement struct {
	Version int
	Status  Status
	Calculation
}

// Apply folds an event into the settlement.
func (s Settlement) Apply(p event.Payload) Settlement {
	switch e := p.(type) {
	case Calculated:
		return Settlement{e.Version, StatusCalculated, e.Calculation}
	case Frozen:
		s.Status = StatusFrozen
	case Adjusted:
		return Settlement{e.Version, StatusAdjusted, e.Calculation}
	}
	return s
}

// Recalculate takes a new calculation of the day.
//
// Until the day is frozen, any difference makes a new version: also a new statistics revision or tariff version that
// changes no number, since a settlement names what it was made from. A frozen day names for good what it was made
// from; only a difference in its lines or amounts is adjusted. Statistics older than those of the latest version, as a
// replay brings them, say nothing new.
func (s Settlement) Recalculate(c Calculation) ([]event.Payload, error) {
	switch {
	case c.StatisticsRevision < s.StatisticsRevision:
		return nil, nil
	case s.Status == "", s.Status == StatusCalculated && !s.same(c):
		return []event.Payload{Calculated{s.Version + 1, c}}, nil
	case s.Status == StatusCalculated, s.sameMoney(c):
		return nil, nil
	}
	return []event.Payload{Adjusted{s.Version + 1, s.Version, c.Amounts.minus(s.Amounts), c}}, nil
}

// Freeze makes the latest version stand for good; of a frozen day it makes no event. A provisional day is frozen only
// with a reason for the override.
func (s Settlement) Freeze(by string, at time.Time, reason string) ([]event.Payload, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case s.Status == "":
		return nil, problem.New(problem.NotFound, "the day isn't settled")
	case s.Status != StatusCalculated:
		return nil, nil
	case s.Provisional && reason == "":
		return nil, problem.New(problem.Conflict, "the day is provisional").
			At("reason", "is required to freeze a provisional day (%s)", s.why())
	case !s.Provisional:
		reason = "" // nothing was overridden
	}
	return []event.Payload{Frozen{s.StationID, s.Date, s.Version, by, at, reason}}, nil
}

func (s Settlement) why() string {
	words := make([]string, len(s.Reasons))
	for i, r := range s.Reasons {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}
