package tariff

import (
	"slices"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
)

// Published says that a tariff has a new version.
type Published struct {
	TariffID  string        `json:"tariffId"`
	Version   int           `json:"version"` // from 1
	ValidFrom calendar.Date `json:"validFrom"`
	Spec      Spec          `json:"spec"`
}

// Retired says that a tariff gets no more versions. What it priced stays priced.
type Retired struct {
	TariffID string `json:"tariffId"`
}

// EventType names the event.
func (Published) EventType() string { return "TariffPublished" }

// EventType names the event.
func (Retired) EventType() string { return "TariffRetired" }

// Events are the payloads of this package.
func Events() []event.Definition {
	return []event.Definition{event.Define[Published](), event.Define[Retired]()}
}

// Stream is the stream of a tenant's tariff.
func Stream(tenant, tariffID string) string { return "tariff-" + tenant + "." + tariffID }

// Version is what a tariff says from a local date on.
type Version struct {
	TariffID  string
	Number    int
	ValidFrom calendar.Date
	Spec      Spec
}

// Tariff is a tariff with all its versions. The zero value was never published.
type Tariff struct {
	ID       string
	Versions []Version // in order of their numbers
	Retired  bool
}

// Apply folds an event into the tariff.
func (t Tariff) Apply(p event.Payload) Tariff {
	switch e := p.(type) {
	case Published:
		t.ID = e.TariffID
		t.Versions = append(slices.Clip(t.Versions), Version{e.TariffID, e.Version, e.ValidFrom, e.Spec})
	case Retired:
		t.Retired = true
	}
	return t
}

// InForce is the version that holds on a local date: of those that hold from that date or before, the one that does
// so from the latest date, and of equal dates the later published.
func (t Tariff) InForce(date calendar.Date) (Version, bool) {
	best := -1
	for i, v := range t.Versions {
		if v.ValidFrom <= date && (best < 0 || v.ValidFrom >= t.Versions[best].ValidFrom) {
			best = i
		}
	}
	if best < 0 {
		return Version{}, false
	}
	return t.Versions[best], true
}

// Publish makes a new version, or no event where the version that holds from that date already says the same.
func (t Tariff) Publish(d Document) ([]event.Payload, error) {
	if v, ok := t.InForce(d.ValidFrom); ok && v.ValidFrom == d.ValidFrom && v.Spec.Equal(d.Spec) {
		return nil, nil
	}
	if t.Retired {
		return nil, problem.New(problem.Conflict, "the tariff can't be published").At("tariffId", "%s is retired", t.ID)
	}
	return []event.Payload{Published{d.TariffID, len(t.Versions) + 1, d.ValidFrom, d.Spec}}, nil
}

// Retire ends the publishing of versions; of a retired tariff it makes no event.
func (t Tariff) Retire() ([]event.Payload, error) {
	switch {
	case t.ID == "":
		return nil, problem.New(problem.NotFound, "the tariff was never published")
	case t.Retired:
		return nil, nil
	}
	return []event.Payload{Retired{t.ID}}, nil
}
