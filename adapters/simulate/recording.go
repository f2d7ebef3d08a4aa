package simulate

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Columns say which columns of a recording are what.
type Columns struct {
	// Time is the column that holds the time; the first column where it is empty.
	Time string
	// Map gives a column its device and key, as "meter-1/grid_kw"; "" leaves the column out. A column that isn't
	// named here and has the form device/key itself is taken by that.
	Map map[string]string
	// DevicePrefix goes before every device's name, so that one recording can play several stations.
	DevicePrefix string
}

// Recording is a table of telemetry as messages, in the order of its rows.
type Recording struct {
	Messages []Message
	LeftOut  []string // columns that no device was named for
}

type target struct {
	column      int
	device, key string
}

// ReadRecording reads a CSV with a header: a time a row (RFC 3339 or epoch milliseconds) and a value a column. A row
// gives one message to each device that has a value in it. A cell that is a JSON number, true or false goes out as
// exactly that text, any other as a string; an empty one is left out.
func ReadRecording(r io.Reader, columns Columns) (Recording, error) {
	table := csv.NewReader(r)
	table.ReuseRecord = true
	row, err := table.Read()
	if errors.Is(err, io.EOF) {
		return Recording{}, errors.New("the recording is empty: its first line must name the columns")
	}
	if err != nil {
		return Recording{}, fmt.Errorf("reading the header: %w", err)
	}
	header := slices.Clone(row)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	var rec Recording
	at, targets, err := columns.resolve(header, &rec)
	if err != nil {
		return Recording{}, err
	}
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return rec, nil
		}
		if err != nil {
			return Recording{}, err // names the line itself
		}
		line, _ := table.FieldPos(0)
		ts, err := readTime(row[at])
		if err != nil {
			return Recording{}, fmt.Errorf("line %d, column %s: %w", line, header[at], err)
		}
		rec.Messages = appendRow(rec.Messages, ts, row, targets)
	}
}

func (c Columns) resolve(header []string, rec *Recording) (int, []target, error) {
	at := 0
	if c.Time != "" {
		if at = slices.Index(header, c.Time); at < 0 {
			return 0, nil, fmt.Errorf("there is no column %q for the time; there are %s", c.Time, strings.Join(header, ", "))
		}
	}
	for name := range c.Map {
		if !slices.Contains(header, name) {
			return 0, nil, fmt.Errorf("there is no column %q to map; there are %s", name, strings.Join(header, ", "))
		}
	}
	var targets []target
	taken := map[string]string{}
	for i, name := range header {
		if i == at {
			continue
		}
		to, mapped := c.Map[name]
		if !mapped {
			to = name
		}
		device, key, ok := strings.Cut(to, "/")
		switch {
		case mapped && to == "":
			continue
		case !ok || device == "" || key == "":
			if mapped {
				return 0, nil, fmt.Errorf("column %q is mapped to %q, which isn't device/key", name, to)
			}
			rec.LeftOut = append(rec.LeftOut, name)
			continue
		case taken[to] != "":
			return 0, nil, fmt.Errorf("columns %q and %q are both %s", taken[to], name, to)
		}
		taken[to] = name
		targets = append(targets, target{i, c.DevicePrefix + device, key})
	}
	if len(targets) == 0 {
		return 0, nil, fmt.Errorf("no column has a device and key: name columns device/key in the header, or map them; there are %s", strings.Join(header, ", "))
	}
	// a device's columns need not stand together, but go out in one message, keys sorted
	slices.SortStableFunc(targets, func(a, b target) int {
		if n := strings.Compare(a.device, b.device); n != 0 {
			return n
		}
		return strings.Compare(a.key, b.key)
	})
	return at, targets, nil
}

func appendRow(messages []Message, ts int64, row []string, targets []target) []Message {
	for i := 0; i < len(targets); {
		device := targets[i].device
		var values []byte
		for ; i < len(targets) && targets[i].device == device; i++ {
			cell := strings.TrimSpace(row[targets[i].column])
			if cell == "" {
				continue
			}
			key, _ := json.Marshal(targets[i].key)
			values = append(append(values, ','), key...)
			values = append(append(values, ':'), cellJSON(cell)...)
		}
		if len(values) > 0 {
			values[0] = '{'
			messages = append(messages, Message{device, ts, append(values, '}')})
		}
	}
	return messages
}

func cellJSON(cell string) []byte {
	// objects, arrays, null and quoted text don't occur as cells; they would go out as strings
	if c := cell[0]; (c == '-' || c >= '0' && c <= '9' || cell == "true" || cell == "false") && json.Valid([]byte(cell)) {
		return []byte(cell)
	}
	text, _ := json.Marshal(cell)
	return text
}

func readTime(cell string) (int64, error) {
	cell = strings.TrimSpace(cell)
	if ms, err := strconv.ParseInt(cell, 10, 64); err == nil {
		return ms, nil
	}
	t, err := time.Parse(time.RFC3339Nano, cell)
	if err != nil {
		return 0, fmt.Errorf("%.40q is neither RFC 3339 nor epoch milliseconds", cell)
	}
	return t.UnixMilli(), nil
}
