package check

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	measuredyear "github.com/microgrid-cloud/microgrid-cloud/docs/measured-year"
)

const (
	yearZone = "Asia/Shanghai"
	hour     = int64(3600 * 1000)
)

// row is a line of a table, by column.
type row = map[string]string

type year struct {
	start        int64 // of the first hour, in epoch milliseconds
	grid, pv     []decimal.Decimal
	days, months []row
}

func readYear() (year, error) {
	var y year
	telemetry, err := readTable("telemetry.csv", measuredyear.Telemetry)
	if err != nil {
		return year{}, err
	}
	for i, r := range telemetry {
		t, err := time.Parse(time.RFC3339, r["start_utc"])
		if err != nil {
			return year{}, fmt.Errorf("telemetry.csv: %w", err)
		}
		if i == 0 {
			y.start = t.UnixMilli()
		}
		if t.UnixMilli() != y.start+int64(i)*hour {
			return year{}, fmt.Errorf("telemetry.csv: %s doesn't follow the hour before", r["start_utc"])
		}
		grid, gerr := decimal.NewFromString(r["grid_kw"])
		pv, perr := decimal.NewFromString(r["pv_kw"])
		if gerr != nil || perr != nil {
			return year{}, fmt.Errorf("telemetry.csv: %s holds no numbers", r["start_utc"])
		}
		y.grid, y.pv = append(y.grid, grid), append(y.pv, pv)
	}
	if y.days, err = readTable("days.csv", measuredyear.Days); err != nil {
		return year{}, err
	}
	y.months, err = readTable("months.csv", measuredyear.Months)
	return y, err
}

func readTable(name, content string) ([]row, error) {
	lines, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(lines) < 2 {
		return nil, fmt.Errorf("%s holds no rows", name)
	}
	rows := make([]row, 0, len(lines)-1)
	for _, line := range lines[1:] {
		r := row{}
		for i, column := range lines[0] {
			r[column] = line[i]
		}
		rows = append(rows, r)
	}
	return rows, nil
}

const (
	modulus      = 10_000 // of the import meter, in kWh; it passes it in the year's first month
	importFirst  = 9_650
	exportFirst  = 250
	replacedHour = 5_210 // the hour in which the export meter is replaced by one that begins at 0
)

func (r *yearRun) gridMeter() string { return r.station + "-grid-meter" }
func (r *yearRun) inverter() string  { return r.station + "-inverter" }

func (r *yearRun) document() object {
	point := func(key, semantic string, more object) object {
		p := object{"key": key, "semantic": semantic, "maxGap": "2h"}
		if strings.HasSuffix(semantic, ".active_power") {
			p["interpolation"] = "previous" // an hour's mean holds for the hour
		}
		maps.Copy(p, more)
		return p
	}
	device := func(id, kind string, points ...object) object {
		return object{"deviceId": id, "kind": kind, "thingsboard": object{"deviceName": id}, "points": points}
	}
	devices := []object{
		device(r.gridMeter(), "grid_meter", point("grid_kw", "grid.active_power", nil)),
		device(r.inverter(), "pv_inverter", point("pv_kw", "pv.active_power", nil)),
	}
	if r.mode == "counter" {
		devices = []object{
			device(r.gridMeter(), "grid_meter", point("import_kwh", "grid.import_energy", object{"rollover": modulus}),
				point("export_kwh", "grid.export_energy", nil)),
			device(r.inverter(), "pv_inverter", point("yield_kwh", "pv.energy", nil)),
		}
	}
	return object{
		"stationId": r.station, "name": "Measured year, " + r.mode + ", " + r.tariff, "timezone": yearZone, "currency": "CNY",
		"ratings": object{"gridKw": 20, "pvKw": 5}, "devices": devices,
		"tariff": object{
			"tariffId": r.station, "validFrom": r.year.days[0]["date"], "import": importPrices(r.tariff),
			"export": object{"kind": "fixed", "price": "0.3910"}, "demand": object{"pricePerKw": "38.00"},
		},
	}
}

func importPrices(tariff string) object {
	if tariff == "fixed" {
		return object{"kind": "fixed", "price": "0.6800"}
	}
	period := func(name, price string, rules ...object) object {
		return object{"name": name, "price": price, "rules": rules}
	}
	return object{"kind": "tou", "periods": []object{
		period("sharp", "1.4356", object{"months": []int{1, 7, 8, 12}, "times": []string{"20:00-22:00"}}),
		period("peak", "1.1964", object{"times": []string{"08:00-11:00", "17:00-20:00"}},
			object{"months": []int{2, 3, 4, 5, 6, 9, 10, 11}, "times": []string{"20:00-22:00"}}),
		period("flat", "0.7164", object{"times": []string{"11:00-17:00", "22:00-24:00"}}),
		period("valley", "0.3104", object{"times": []string{"00:00-08:00"}}),
	}}
}

// messages are the year in the order in which it is sent. Three hours after its end comes one more message of each
// device, or the platform couldn't know that the last day is over.
func (r *yearRun) messages() []json.RawMessage {
	y, n := r.year, len(r.year.grid)
	at := func(i int) int64 { return y.start + int64(i)*hour }
	var out []json.RawMessage
	send := func(ts int64, grid, pv string) {
		out = append(out,
			fmt.Appendf(nil, `{"deviceName":%q,"ts":%d,"values":{%s}}`, r.gridMeter(), ts, grid),
			fmt.Appendf(nil, `{"deviceName":%q,"ts":%d,"values":{%s}}`, r.inverter(), ts, pv))
	}
	if r.mode == "counter" {
		imported, exported, yield := decimal.NewFromInt(importFirst), decimal.NewFromInt(exportFirst), decimal.Zero
		registers := func(ts int64) {
			send(ts, fmt.Sprintf(`"import_kwh":%s,"export_kwh":%s`, imported, exported), fmt.Sprintf(`"yield_kwh":%s`, yield))
		}
		registers(at(0))
		for i := range n {
			if i == replacedHour {
				exported = decimal.Zero
			}
			imported = imported.Add(decimal.Max(y.grid[i], decimal.Zero)).Mod(decimal.NewFromInt(modulus))
			exported = exported.Add(decimal.Max(y.grid[i].Neg(), decimal.Zero))
			yield = yield.Add(y.pv[i])
			registers(at(i + 1))
		}
		registers(at(n + 3))
		return out
	}
	power := func(i int, grid, pv decimal.Decimal) {
		send(at(i), `"grid_kw":`+grid.String(), `"pv_kw":`+pv.String())
	}
	for i := range n {
		power(i, y.grid[i], y.pv[i])
	}
	if r.mode == "shuffled" {
		out = shuffled(out)
	}
	power(n, decimal.Zero, decimal.Zero) // ends the last hour's hold
	power(n+3, decimal.Zero, decimal.Zero)
	return out
}

// shuffled mixes each day's messages and sends one in twenty again, up to a day later.
func shuffled(messages []json.RawMessage) []json.RawMessage {
	const day = 2 * 24
	r := rand.New(rand.NewPCG(2016, 8)) //nolint:gosec // the same each time
	out := make([]json.RawMessage, 0, len(messages)+len(messages)/20)
	var again []json.RawMessage
	for first := 0; first < len(messages); first += day {
		part := messages[first:min(first+day, len(messages))]
		today := slices.Concat(part, again)
		again = nil
		for _, m := range part {
			if r.IntN(20) == 0 {
				if r.IntN(2) == 0 {
					today = append(today, m)
				} else {
					again = append(again, m)
				}
			}
		}
		r.Shuffle(len(today), func(i, j int) { today[i], today[j] = today[j], today[i] })
		out = append(out, today...)
	}
	return append(out, again...)
}
