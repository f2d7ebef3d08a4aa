package station

import (
	"strings"
)

// The kinds of what flows in a station: the first part of the names of the semantic points that are counted on.
const (
	Grid    = "grid"
	PV      = "pv"
	Load    = "load"
	Battery = "battery"
	EVSE    = "evse"
	Genset  = "genset"
)

// Class says what is computed from a semantic point.
type Class int

// The classes of points.
const (
	Plain  Class = iota // a gauge of the user's own, in its own unit
	Power               // an active power, in kW
	Energy              // a counter, in kWh
	SOC                 // a state of charge, in %
)

// SemanticClass is the class of a semantic point such as grid.active_power; every name that isn't one of the
// platform's is a plain gauge.
func SemanticClass(semantic string) Class { return classes[semantic] }

// SemanticKind is the first part of a semantic point's name: grid of grid.active_power.
func SemanticKind(semantic string) string {
	kind, _, _ := strings.Cut(semantic, ".")
	return kind
}

var classes = func() map[string]Class {
	c := map[string]Class{
		"grid.import_energy": Energy, "grid.export_energy": Energy,
		"battery.charge_energy": Energy, "battery.discharge_energy": Energy, "battery.soc": SOC,
	}
	for _, kind := range []string{Grid, PV, Load, Battery, EVSE, Genset} {
		c[kind+".active_power"] = Power
	}
	for _, kind := range []string{PV, Load, EVSE, Genset} {
		c[kind+".energy"] = Energy
	}
	return c
}()

// Unit is the unit of a mapping's raw numbers after scale, offset and sign.
type Unit string

// The units.
const (
	W       Unit = "W"
	KW      Unit = "kW"
	MW      Unit = "MW"
	Wh      Unit = "Wh"
	KWh     Unit = "kWh"
	MWh     Unit = "MWh"
	Percent Unit = "%"
	Other   Unit = "other"
)

// units lists what each class may be measured in, the default first.
var units = map[Class][]string{
	Power:  {string(KW), string(W), string(MW)},
	Energy: {string(KWh), string(Wh), string(MWh)},
	SOC:    {string(Other), string(Percent)},
	Plain:  {string(Other), string(W), string(KW), string(MW), string(Wh), string(KWh), string(MWh), string(Percent)},
}

// exponent is the power of ten from the unit to kW or kWh.
func (u Unit) exponent() int {
	switch u {
	case W, Wh:
		return -3
	case MW, MWh:
		return 3
	}
	return 0
}
