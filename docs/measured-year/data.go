// Package measuredyear owns one measured year of a house with PV, and what each of its days comes to in energy and
// money: data to send and to compare with. README.md says where it comes from and under what licence.
package measuredyear

import _ "embed"

// The tables; README.md describes their columns.
var (
	//go:embed telemetry.csv
	Telemetry string
	//go:embed days.csv
	Days string
	//go:embed months.csv
	Months string
)
