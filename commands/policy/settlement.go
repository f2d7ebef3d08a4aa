package policy

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"github.com/microgrid-cloud/microgrid-cloud/commands"
	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/event"
	"github.com/microgrid-cloud/microgrid-cloud/domain/settlement"
	"github.com/microgrid-cloud/microgrid-cloud/domain/station"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
	"github.com/microgrid-cloud/microgrid-cloud/domain/tariff"
	"github.com/microgrid-cloud/microgrid-cloud/domain/telemetry"
)

// SettlementState keeps which days of a station have statistics, together with the policy's checkpoint.
type SettlementState interface {
	// Days is the range of days that Extend was told; false where there is none.
	Days(ctx context.Context, s StationKey) (first, last calendar.Date, known bool, err error)
	Extend(ctx context.Context, s StationKey, first, last calendar.Date) error
}

// Settlements settles a day whenever its statistics change, and the days of a tariff whenever that changes.
type Settlements struct {
	store     commands.Store
	directory *commands.Directory
	threshold func() decimal.Decimal // completeness below which a day is provisional
	now       func() time.Time
	log       *slog.Logger
	observe   func(took time.Duration)
}

// NewSettlements makes the policy.
func NewSettlements(store commands.Store, directory *commands.Directory, threshold func() decimal.Decimal, now func() time.Time, log *slog.Logger, observe func(time.Duration)) *Settlements {
	return &Settlements{store, directory, threshold, now, log, observe}
}

// Categories are the prefixes of the streams that the policy follows.
func (*Settlements) Categories() []string {
	return []string{statistics.Category, "tariff-", "station-"}
}

// Wants says which types of events it follows.
func (*Settlements) Wants(eventType string) bool {
	switch eventType {
	case (statistics.StatisticCalculated{}).EventType(), (tariff.Published{}).EventType(), (station.TariffAssigned{}).EventType():
		return true
	}
	return false
}

// stationDate is a day to settle.
type stationDate struct {
	station StationKey
	date    calendar.Date
}

// Handle settles what the events of a batch concern, each day once.
func (p *Settlements) Handle(ctx context.Context, state SettlementState, batch []event.Recorded) error {
	due := map[stationDate]*statistics.StatisticCalculated{} // with the latest event, where it tells the whole day
	for _, e := range batch {
		switch payload := e.Payload.(type) {
		case statistics.StatisticCalculated:
			if payload.Day == nil {
				continue
			}
			tenant, id, date, err := telemetry.ParseDayStream(e.Stream)
			if err != nil {
				return err
			}
			due[stationDate{StationKey{tenant, id}, date}] = &payload
			if err := state.Extend(ctx, StationKey{tenant, id}, date, date); err != nil {
				return err
			}
		case tariff.Published:
			if err := p.directory.CatchUp(ctx, e.Stream, e.Revision); err != nil {
				return err
			}
			for _, s := range p.directory.StationsWithTariff(e.Tenant, payload.TariffID) {
				if err := p.from(ctx, state, due, s, payload.ValidFrom); err != nil {
					return err
				}
			}
		case station.TariffAssigned:
			if err := p.directory.CatchUp(ctx, e.Stream, e.Revision); err != nil {
				return err
			}
			if s, ok := p.directory.Station(e.Tenant, payload.StationID); ok {
				if err := p.from(ctx, state, due, s, payload.ValidFrom); err != nil {
					return err
				}
			}
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(appendsAtOnce)
	for d, calculated := range due {
		group.Go(func() error { return p.settle(ctx, d, calculated) })
	}
	return group.Wait()
}

// from makes the station's days with statistics due that a tariff holds for from a date on.
func (p *Settlements) from(ctx context.Context, state SettlementState, due map[stationDate]*statistics.StatisticCalculated, s *commands.StationEntry, date calendar.Date) error {
	key := StationKey{s.Station.Tenant, s.Station.ID}
	first, last, known, err := state.Days(ctx, key)
	if err != nil || !known {
		return err
	}
	for d := max(first, date); d <= last; d++ {
		due[stationDate{key, d}] = nil
	}
	return nil
}

// settle calculates a day's settlement and appends it where it differs from the latest.
func (p *Settlements) settle(ctx context.Context, d stationDate, calculated *statistics.StatisticCalculated) error {
	began := time.Now()
	entry, ok := p.directory.Station(d.station.Tenant, d.station.Station)
	if !ok {
		if err := p.directory.Refresh(ctx, station.Stream(d.station.Tenant, d.station.Station)); err != nil {
			return err
		}
		if entry, ok = p.directory.Station(d.station.Tenant, d.station.Station); !ok {
			return nil // telemetry of a station that was never registered is never settled
		}
	}
	quarters, day, err := p.statistics(ctx, d, entry.Zone, calculated)
	if err != nil || day.Revision == 0 {
		return err
	}
	in := settlement.Input{
		StationID: d.station.Station, Date: d.date, Zone: entry.Zone, Currency: entry.Station.Currency,
		GridCompleteness: day.GridCompleteness(), GridDerived: day.GridDerived,
		StatisticsRevision: day.Revision, Threshold: p.threshold(),
	}
	for _, q := range quarters {
		in.Quarters = append(in.Quarters, commands.SettledQuarter(q.Start, q.Energy[statistics.GridImport], q.Energy[statistics.GridExport]))
		in.QuarterUncovered = in.QuarterUncovered || q.CoveredMs < q.End-q.Start
	}
	if in.Tariff, err = p.inForce(ctx, entry, d.date); err != nil {
		return err
	}
	result, err := settlement.Calculate(in)
	if unsettled, ok := errors.AsType[settlement.Unsettled](err); ok {
		p.log.Debug("day not settled", "station", d.station.Station, "date", d.date.String(), "reason", string(unsettled))
		return nil
	}
	if err != nil {
		return err
	}
	by := commands.Issuer{Tenant: d.station.Tenant, Actor: "settlement"}
	stream := settlement.Stream(d.station.Tenant, d.station.Station, d.date)
	_, err = commands.Decide(ctx, p.store, p.now, by, stream, settlement.Settlement{}, settlement.Settlement.Apply,
		func(s settlement.Settlement) ([]event.Payload, error) { return s.Recalculate(result) })
	p.observe(time.Since(began))
	return err
}

// inForce is the version of the station's tariff that holds on a date; nil if none does. A tariff that this process
// hasn't heard of yet is read: a day that isn't settled now is not asked for again.
func (p *Settlements) inForce(ctx context.Context, entry *commands.StationEntry, date calendar.Date) (*tariff.Version, error) {
	id, assigned := entry.Station.TariffOn(date)
	if _, known := p.directory.Tariff(entry.Station.Tenant, id); assigned && !known {
		if err := p.directory.Refresh(ctx, tariff.Stream(entry.Station.Tenant, id)); err != nil {
			return nil, err
		}
	}
	if v, holds := p.directory.InForce(entry, date); holds {
		return &v, nil
	}
	return nil, nil
}

// statistics gives the day's latest quarters: of the event itself where it holds all of them, else of the stream.
func (p *Settlements) statistics(ctx context.Context, d stationDate, zone calendar.Zone, calculated *statistics.StatisticCalculated) ([]statistics.Revised, statistics.Revised, error) {
	if calculated != nil && int64(len(calculated.Quarters))*calendar.Quarter == calculated.Day.End-calculated.Day.Start {
		return calculated.Quarters, *calculated.Day, nil
	}
	day := statistics.NewStationDay(zone, d.date)
	err := p.store.Read(ctx, statistics.Stream(d.station.Tenant, d.station.Station, d.date), 0, func(e event.Recorded) error {
		day.Apply(e.Payload)
		return nil
	})
	latest, _ := day.Latest()
	return day.Quarters(), latest, err
}
