package commands

import (
	"context"
	"slices"
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
)

// Stations handles the commands on stations and their tariffs.
type Stations struct {
	Store     Store
	Directory *Directory
	Now       func() time.Time
}

// Provisioned is the station as it stands after a document, and what was new.
type Provisioned struct {
	Station station.Station
	Created bool
	Changed bool
}

// Provision makes a station what a document says. The tariff is published first: a station never has one that isn't
// there. When it returns, this process gives messages to the station as it is now.
func (s Stations) Provision(ctx context.Context, by Issuer, raw []byte) (Provisioned, error) {
	// what the station refuses must not leave a tariff behind
	doc, _, err := s.consider(ctx, by, raw)
	if err != nil {
		return Provisioned{}, err
	}
	var out Provisioned
	if doc.Tariff != nil {
		published, err := s.publish(ctx, by, *doc.Tariff)
		if err != nil {
			return Provisioned{}, err
		}
		out.Changed = published
	}
	stream := station.Stream(by.Tenant, doc.StationID)
	decided, err := Decide(ctx, s.Store, s.Now, by, stream, station.Station{}, station.Station.Apply,
		func(st station.Station) ([]event.Payload, error) {
			out.Created = st.ID == ""
			return st.Provision(by.Tenant, doc, s.Now().UTC())
		})
	if err != nil {
		return Provisioned{}, err
	}
	out.Station = decided.State
	out.Changed = out.Changed || len(decided.Events) > 0
	return out, s.Directory.Refresh(ctx, stream)
}

// Preview gives the events that a document would make of the tariff and the station as they are now, and records none.
func (s Stations) Preview(ctx context.Context, by Issuer, raw []byte) ([]event.Payload, error) {
	doc, events, err := s.consider(ctx, by, raw)
	if err != nil || doc.Tariff == nil {
		return events, err
	}
	t, err := Load(ctx, s.Store, tariff.Stream(by.Tenant, doc.Tariff.TariffID), tariff.Tariff{}, tariff.Tariff.Apply)
	if err != nil {
		return nil, err
	}
	published, err := s.version(by, *doc.Tariff)(t.State)
	return append(published, events...), err
}

// consider reads a document and asks the station as it is now what would be new.
func (s Stations) consider(ctx context.Context, by Issuer, raw []byte) (station.Document, []event.Payload, error) {
	doc, err := station.ParseDocument(raw)
	if err != nil {
		return doc, nil, err
	}
	if by.Stations != nil && !slices.Contains(by.Stations, doc.StationID) {
		return doc, nil, problem.New(problem.Denied, "station %.100q is none of those that may be provisioned", doc.StationID)
	}
	if err := s.Directory.taken(by.Tenant, doc); err != nil {
		return doc, nil, err
	}
	now, err := Load(ctx, s.Store, station.Stream(by.Tenant, doc.StationID), station.Station{}, station.Station.Apply)
	if err != nil {
		return doc, nil, err
	}
	events, err := now.State.Provision(by.Tenant, doc, s.Now().UTC())
	return doc, events, err
}

func (s Stations) publish(ctx context.Context, by Issuer, doc tariff.Document) (bool, error) {
	stream := tariff.Stream(by.Tenant, doc.TariffID)
	decided, err := Decide(ctx, s.Store, s.Now, by, stream, tariff.Tariff{}, tariff.Tariff.Apply, s.version(by, doc))
	if err != nil {
		return false, err
	}
	return len(decided.Events) > 0, s.Directory.Refresh(ctx, stream)
}

// version lets a tariff decide on a document of an issuer who may be limited to some stations.
func (s Stations) version(by Issuer, doc tariff.Document) func(tariff.Tariff) ([]event.Payload, error) {
	return func(t tariff.Tariff) ([]event.Payload, error) {
		events, err := t.Publish(doc)
		if err == nil && len(events) > 0 {
			err = s.shared(by, doc.TariffID)
		}
		return events, err
	}
}

// shared refuses an issuer of some stations a new version of a tariff by which others are billed too.
func (s Stations) shared(by Issuer, tariffID string) error {
	for _, e := range s.Directory.StationsWithTariff(by.Tenant, tariffID) {
		if by.Stations != nil && !slices.Contains(by.Stations, e.Station.ID) {
			return problem.New(problem.Denied, "the tariff can't be published").
				At("tariff.tariffId", "%s is the tariff of other stations too, which the token isn't of; give it an id of its own", tariffID)
		}
	}
	return nil
}
