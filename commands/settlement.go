package commands

import (
	"time"

	"github.com/microgrid-cloud/microgrid-cloud/domain/settlement"
	"github.com/microgrid-cloud/microgrid-cloud/domain/statistics"
)

// SettledQuarter is a quarter's grid energies as they are billed: both or, where one isn't known, none.
func SettledQuarter(start int64, imported, exported statistics.Energy) settlement.Quarter {
	q := settlement.Quarter{Start: time.UnixMilli(start).UTC()}
	if imported.Known && exported.Known {
		q.Import, q.Export = &imported.Quantity, &exported.Quantity
	}
	return q
}
