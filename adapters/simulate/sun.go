package simulate

import (
	"math"
	"time"
)

// Panel is a PV generator facing the equator.
type Panel struct {
	Latitude, Longitude float64 // degrees, north and east positive
	Tilt                float64 // degrees from level
	PeakKw              float64 // of the modules
	InverterKw          float64 // what the inverter can give out
}

// systemEfficiency is what is left after cables, inverter, dirt and warmth.
const systemEfficiency = 0.87

// power gives kW under a sky of which clouds cover a part in [0, 1].
func (p Panel) power(t time.Time, cover float64) float64 {
	declination, hourAngle := sun(t, p.Longitude)
	latitude := radians(p.Latitude)
	// sine of the sun's height
	height := math.Sin(latitude)*math.Sin(declination) + math.Cos(latitude)*math.Cos(declination)*math.Cos(hourAngle)
	if height <= 0 {
		return 0
	}
	// on level ground under a clear sky (Haurwitz 1945), then through clouds (Kasten and Czeplak 1980), in W/m²
	level := 1098 * height * math.Exp(-0.057/height) * (1 - 0.75*math.Pow(cover, 3.4))
	diffuse := level * (0.15 + 0.85*cover)
	tilt := radians(p.Tilt)
	toEquator := latitude - math.Copysign(tilt, latitude)
	onPanel := math.Sin(toEquator)*math.Sin(declination) + math.Cos(toEquator)*math.Cos(declination)*math.Cos(hourAngle)
	// near the horizon the quotient grows without bound, the sun's light doesn't
	beam := (level - diffuse) * upTo(onPanel, 1) / math.Max(height, 0.1)
	irradiance := beam + diffuse*(1+math.Cos(tilt))/2
	return math.Min(p.PeakKw*irradiance/1000*systemEfficiency, p.InverterKw)
}

// sun gives the sun's declination and hour angle in radians, by NOAA's low-accuracy series (within half a degree).
func sun(t time.Time, longitude float64) (declination, hourAngle float64) {
	t = t.UTC()
	minutes := float64(t.Hour()*60+t.Minute()) + float64(t.Second())/60
	year := 2 * math.Pi / 365 * (float64(t.YearDay()-1) + (minutes/60-12)/24)
	equation := 229.18 * (0.000075 + 0.001868*math.Cos(year) - 0.032077*math.Sin(year) -
		0.014615*math.Cos(2*year) - 0.040849*math.Sin(2*year)) // minutes
	declination = 0.006918 - 0.399912*math.Cos(year) + 0.070257*math.Sin(year) - 0.006758*math.Cos(2*year) +
		0.000907*math.Sin(2*year) - 0.002697*math.Cos(3*year) + 0.00148*math.Sin(3*year)
	return declination, radians((minutes+equation+4*longitude)/4 - 180)
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
