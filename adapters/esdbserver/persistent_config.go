package esdbserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/cockroachdb/pebble/v2"
)

// Consumer strategies, by EventStoreDB's names.
const (
	strategyDispatch            = "DispatchToSingle"
	strategyRoundRobin          = "RoundRobin"
	strategyPinned              = "Pinned"
	strategyPinnedByCorrelation = "PinnedByCorrelation"
)

// groupConfig is what is stored of a persistent subscription. Positions are
// revisions of a stream, or positions of $all.
type groupConfig struct {
	Source string       `json:"source"` // a stream's name or "$all"
	Group  string       `json:"group"`
	Start  int64        `json:"start"` // first to deliver
	AtEnd  bool         `json:"atEnd"` // Start was the end when it was made
	Filter *groupFilter `json:"filter,omitempty"`

	ResolveLinks       bool   `json:"resolveLinks"`
	ExtraStatistics    bool   `json:"extraStatistics"`
	MessageTimeoutMS   int32  `json:"messageTimeoutMs"`
	MaxRetryCount      int32  `json:"maxRetryCount"`
	MinCheckpointCount int32  `json:"minCheckpointCount"`
	MaxCheckpointCount int32  `json:"maxCheckpointCount"`
	CheckpointAfterMS  int32  `json:"checkpointAfterMs"`
	MaxSubscriberCount int32  `json:"maxSubscriberCount"`
	LiveBufferSize     int32  `json:"liveBufferSize"`
	HistoryBufferSize  int32  `json:"historyBufferSize"`
	ReadBatchSize      int32  `json:"readBatchSize"`
	Strategy           string `json:"strategy"`
}

type groupFilter struct {
	ByType   bool     `json:"byType"`
	Regex    string   `json:"regex,omitempty"`
	Prefixes []string `json:"prefixes,omitempty"`
}

func (f *groupFilter) compile() (*eventFilter, error) {
	if f == nil {
		return nil, nil
	}
	return newEventFilter(f.ByType, f.Regex, f.Prefixes, 1, 1)
}

func (c *groupConfig) id() string { return c.Source + "::" + c.Group }

func (c *groupConfig) all() bool { return c.Source == allStream }

// parkedStream holds links to the messages that were parked.
func (c *groupConfig) parkedStream() string { return "$persistentsubscription-" + c.id() + "-parked" }

// validate refuses settings that can't work, all at once.
func (c *groupConfig) validate() error {
	var errs []error
	if c.Group == "" {
		errs = append(errs, errors.New("the group has no name"))
	}
	if c.HistoryBufferSize <= 0 {
		errs = append(errs, errors.New("the history buffer size must be positive"))
	}
	if c.LiveBufferSize <= 0 {
		errs = append(errs, errors.New("the live buffer size must be positive"))
	}
	if c.ReadBatchSize <= 0 || c.ReadBatchSize > c.HistoryBufferSize {
		errs = append(errs, errors.New("the read batch size must be positive and not above the history buffer size"))
	}
	if c.MaxRetryCount < 0 || c.MaxSubscriberCount < 0 || c.MessageTimeoutMS < 0 || c.CheckpointAfterMS < 0 ||
		c.MinCheckpointCount < 0 || c.MaxCheckpointCount < 0 {
		errs = append(errs, errors.New("a count or time is negative"))
	}
	switch c.Strategy {
	case strategyDispatch, strategyRoundRobin, strategyPinned, strategyPinnedByCorrelation:
	default:
		errs = append(errs, fmt.Errorf("the consumer strategy %q is unknown", c.Strategy))
	}
	if err := errors.Join(errs...); err != nil {
		return errInvalid("persistent subscription: %s", err)
	}
	return checkStreamName(c.Source)
}

// show writes a position as clients parse it.
func (c *groupConfig) show(position int64) string {
	if c.all() {
		return fmt.Sprintf("C:%d/P:%d", position, position)
	}
	return strconv.FormatInt(position, 10)
}

func (c *groupConfig) showStart() string {
	if c.AtEnd {
		return c.show(-1)
	}
	return c.show(c.Start)
}

// Keys: p | c | id holds a group's configuration, p | k | id its checkpoint:
// the last position of which it and all before are done.
func groupConfigKey(id string) []byte { return append([]byte{prefixGroup, 'c'}, id...) }

func groupCheckpointKey(id string) []byte { return append([]byte{prefixGroup, 'k'}, id...) }

func (st *store) saveGroup(c *groupConfig) error {
	value, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return st.db.Set(groupConfigKey(c.id()), value, pebble.Sync)
}

func (st *store) deleteGroup(c *groupConfig) error {
	batch := st.db.NewBatch()
	return errors.Join(
		batch.Delete(groupConfigKey(c.id()), nil), batch.Delete(groupCheckpointKey(c.id()), nil),
		batch.Commit(pebble.Sync), batch.Close(),
	)
}

// saveCheckpoint isn't synced: after a crash of the machine some messages may
// be delivered again, which consumers must be ready for anyway.
func (st *store) saveCheckpoint(c *groupConfig, position int64) error {
	return st.db.Set(groupCheckpointKey(c.id()), encodeUint64(uint64(position)), pebble.NoSync)
}

func (st *store) loadCheckpoint(c *groupConfig) (position int64, found bool, err error) {
	value, closer, err := st.db.Get(groupCheckpointKey(c.id()))
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	n, err := decodeUint64(value)
	return int64(min(n, math.MaxInt64)), true, errors.Join(err, closer.Close())
}

func (st *store) loadGroups() (groups []*groupConfig, err error) {
	iter, err := st.db.NewIter(&pebble.IterOptions{
		LowerBound: groupConfigKey(""), UpperBound: []byte{prefixGroup, 'c' + 1},
	})
	if err != nil {
		return nil, err
	}
	for ok := iter.First(); ok; ok = iter.Next() {
		c := &groupConfig{}
		if err := json.Unmarshal(iter.Value(), c); err != nil {
			return nil, errors.Join(fmt.Errorf("persistent subscription %q: %w: %w", iter.Key()[2:], errDamaged, err), iter.Close())
		}
		groups = append(groups, c)
	}
	return groups, errors.Join(iter.Error(), iter.Close())
}
