package esdbserver

import (
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
)

// settings are what create and update have in common.
type settings interface {
	GetResolveLinks() bool
	GetExtraStatistics() bool
	GetMaxRetryCount() int32
	GetMinCheckpointCount() int32
	GetMaxCheckpointCount() int32
	GetMaxSubscriberCount() int32
	GetLiveBufferSize() int32
	GetReadBatchSize() int32
	GetHistoryBufferSize() int32
}

type groupSettings struct {
	settings
	timeoutMS         int32
	checkpointAfterMS int32
	strategy          string
}

const ticksPerMS = 10_000

func createSettings(s *persistent.CreateReq_Settings) groupSettings {
	g := groupSettings{settings: s, strategy: s.GetConsumerStrategy()}
	switch t := s.GetMessageTimeout().(type) {
	case *persistent.CreateReq_Settings_MessageTimeoutMs:
		g.timeoutMS = t.MessageTimeoutMs
	case *persistent.CreateReq_Settings_MessageTimeoutTicks:
		g.timeoutMS = int32(min(t.MessageTimeoutTicks/ticksPerMS, 1<<31-1))
	}
	switch t := s.GetCheckpointAfter().(type) {
	case *persistent.CreateReq_Settings_CheckpointAfterMs:
		g.checkpointAfterMS = t.CheckpointAfterMs
	case *persistent.CreateReq_Settings_CheckpointAfterTicks:
		g.checkpointAfterMS = int32(min(t.CheckpointAfterTicks/ticksPerMS, 1<<31-1))
	}
	if g.strategy == "" {
		g.strategy = s.GetNamedConsumerStrategy().String() //nolint:staticcheck // older clients name it by number
	}
	return g
}

func updateSettings(s *persistent.UpdateReq_Settings) groupSettings {
	g := groupSettings{settings: s, strategy: s.GetNamedConsumerStrategy().String()}
	switch t := s.GetMessageTimeout().(type) {
	case *persistent.UpdateReq_Settings_MessageTimeoutMs:
		g.timeoutMS = t.MessageTimeoutMs
	case *persistent.UpdateReq_Settings_MessageTimeoutTicks:
		g.timeoutMS = int32(min(t.MessageTimeoutTicks/ticksPerMS, 1<<31-1))
	}
	switch t := s.GetCheckpointAfter().(type) {
	case *persistent.UpdateReq_Settings_CheckpointAfterMs:
		g.checkpointAfterMS = t.CheckpointAfterMs
	case *persistent.UpdateReq_Settings_CheckpointAfterTicks:
		g.checkpointAfterMS = int32(min(t.CheckpointAfterTicks/ticksPerMS, 1<<31-1))
	}
	return g
}

func (c *groupConfig) apply(s groupSettings) {
	c.ResolveLinks = s.GetResolveLinks()
	c.ExtraStatistics = s.GetExtraStatistics()
	c.MessageTimeoutMS = s.timeoutMS
	c.MaxRetryCount = s.GetMaxRetryCount()
	c.MinCheckpointCount = s.GetMinCheckpointCount()
	c.MaxCheckpointCount = s.GetMaxCheckpointCount()
	c.CheckpointAfterMS = s.checkpointAfterMS
	c.MaxSubscriberCount = s.GetMaxSubscriberCount()
	c.LiveBufferSize = s.GetLiveBufferSize()
	c.HistoryBufferSize = s.GetHistoryBufferSize()
	c.ReadBatchSize = s.GetReadBatchSize()
	c.Strategy = s.strategy
}

func filterConfig(f *persistent.CreateReq_AllOptions_FilterOptions) *groupFilter {
	switch e := f.GetFilter().(type) {
	case *persistent.CreateReq_AllOptions_FilterOptions_EventType:
		return &groupFilter{ByType: true, Regex: e.EventType.GetRegex(), Prefixes: e.EventType.GetPrefix()}
	case *persistent.CreateReq_AllOptions_FilterOptions_StreamIdentifier:
		return &groupFilter{Regex: e.StreamIdentifier.GetRegex(), Prefixes: e.StreamIdentifier.GetPrefix()}
	}
	return &groupFilter{}
}
