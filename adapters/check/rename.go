package check

import (
	"encoding/json"
	"fmt"
)

// rename puts a prefix before every id by which a platform tells the case from others: those of the station, of its
// tariff, of its devices, and the devices' names, in the document and in the messages. All else, numbers above all,
// stays as it is written.
func (c *testCase) rename(prefix string) error {
	if prefix == "" {
		return nil
	}
	var station map[string]json.RawMessage
	if err := json.Unmarshal(c.Station, &station); err != nil {
		return err
	}
	if err := prefixed(station, prefix, "stationId"); err != nil {
		return err
	}
	if err := within(station, "tariff", func(t map[string]json.RawMessage) error {
		return prefixed(t, prefix, "tariffId")
	}); err != nil {
		return err
	}
	var devices []map[string]json.RawMessage
	if err := json.Unmarshal(station["devices"], &devices); err != nil {
		return fmt.Errorf("devices: %w", err)
	}
	for _, d := range devices {
		if err := prefixed(d, prefix, "deviceId"); err != nil {
			return err
		}
		if err := within(d, "thingsboard", func(t map[string]json.RawMessage) error {
			return prefixed(t, prefix, "deviceName", "deviceId")
		}); err != nil {
			return err
		}
	}
	var err error
	if station["devices"], err = json.Marshal(devices); err != nil {
		return err
	}
	if c.Station, err = json.Marshal(station); err != nil {
		return err
	}
	for i, raw := range c.Messages {
		var m map[string]json.RawMessage
		if err := json.Unmarshal(raw, &m); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		if err := prefixed(m, prefix, "deviceName", "deviceId"); err != nil {
			return err
		}
		if c.Messages[i], err = json.Marshal(m); err != nil {
			return err
		}
	}
	return nil
}

// prefixed changes the strings of these names, as far as they are there.
func prefixed(o map[string]json.RawMessage, prefix string, names ...string) error {
	for _, name := range names {
		raw, ok := o[name]
		if !ok {
			continue
		}
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		raw, err := json.Marshal(prefix + s)
		if err != nil {
			return err
		}
		o[name] = raw
	}
	return nil
}

// within changes the object of this name, if it is there.
func within(o map[string]json.RawMessage, name string, change func(map[string]json.RawMessage) error) error {
	raw, ok := o[name]
	if !ok {
		return nil
	}
	var inner map[string]json.RawMessage
	if err := json.Unmarshal(raw, &inner); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := change(inner); err != nil {
		return err
	}
	raw, err := json.Marshal(inner)
	o[name] = raw
	return err
}
