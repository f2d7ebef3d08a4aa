package esdbserver

import (
	"context"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/encoding/protowire"
)

// maxConsumerSlots bounds the messages in flight at one consumer.
const maxConsumerSlots = 10_000

// Read connects a consumer: messages go out, acks and nacks come in.
func (p *persistentServer) Read(stream persistent.PersistentSubscriptions_ReadServer) error {
	return p.s.answer(stream, p.read(stream))
}

func (p *persistentServer) read(stream persistent.PersistentSubscriptions_ReadServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	o := first.GetOptions()
	if o == nil {
		return errInvalid("persistent subscription: there are no options")
	}
	source := allStream
	if id := o.GetStreamIdentifier(); id != nil {
		source = string(id.GetStreamName())
	}
	if err := p.s.authorize(stream.Context(), opRead, source); err != nil {
		return err
	}
	g, err := p.find(source, o.GetGroupName())
	if err != nil {
		return err
	}
	slots := int(min(max(o.GetBufferSize(), 1), maxConsumerSlots))
	c := &consumer{
		ready: make(chan struct{}, 1), slots: slots, inFlight: make(map[uuid.UUID][]*message),
		gone: make(chan struct{}), user: userOf(stream.Context()),
	}
	if from, ok := peer.FromContext(stream.Context()); ok {
		c.from = from.Addr.String()
	}
	if err := g.connect(c); err != nil {
		return err
	}
	defer g.disconnect(c)
	if err := stream.Send(&persistent.ReadResp{Content: &persistent.ReadResp_SubscriptionConfirmation_{
		SubscriptionConfirmation: &persistent.ReadResp_SubscriptionConfirmation{SubscriptionId: g.cfg.id()},
	}}); err != nil {
		return err
	}
	_, done := p.s.metrics.subscribed("persistent")
	defer done()

	received := make(chan error, 1)
	go func() { received <- receiveAnswers(g, c, stream) }()
	_, stringIDs := o.GetUuidOption().GetContent().(*persistent.ReadReq_Options_UUIDOption_String_)
	sender := &frameSender{s: p.s, out: stream, stringIDs: stringIDs, resolve: g.cfg.ResolveLinks}
	for {
		select {
		case <-c.ready:
			for frame, retries, ok := g.nextUnsent(c); ok; frame, retries, ok = g.nextUnsent(c) {
				if frame, err = sender.shape(stream.Context(), frame); err != nil {
					return err
				}
				if err := stream.SendMsg(rawFrame(withRetryCount(frame, retries))); err != nil {
					return err
				}
			}
		case err := <-received:
			return err
		case <-c.gone:
			return c.reason
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-p.s.closing:
			return errShuttingDown
		}
	}
}

// withRetryCount adds to a read event how often it was sent before. The two
// services' messages agree but for that field.
func withRetryCount(frame []byte, retries int32) []byte {
	_, event, _, _, err := nextField(frame)
	if err != nil {
		return frame
	}
	size := len(event) + 1 + protowire.SizeVarint(uint64(retries))
	b := make([]byte, 0, sizeTagged(size))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	b = append(b, event...)
	b = protowire.AppendTag(b, 5, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(retries))
}

// receiveAnswers applies a consumer's acks and nacks until it goes.
func receiveAnswers(g *group, c *consumer, stream persistent.PersistentSubscriptions_ReadServer) error {
	for {
		req, err := stream.Recv()
		if err != nil {
			return nil //nolint:nilerr // it went: what was in flight goes to others
		}
		switch content := req.GetContent().(type) {
		case *persistent.ReadReq_Ack_:
			ids, err := eventIDs(content.Ack.GetIds())
			if err != nil {
				return err
			}
			g.answer(c, ids, g.finish)
		case *persistent.ReadReq_Nack_:
			ids, err := eventIDs(content.Nack.GetIds())
			if err != nil {
				return err
			}
			if content.Nack.GetAction() == persistent.ReadReq_Nack_Stop {
				return &apiError{code: codes.Canceled, message: "The consumer asked to be stopped."}
			}
			g.answer(c, ids, nackOf(g, content.Nack))
		default:
			return errInvalid("persistent subscription: neither ack nor nack")
		}
	}
}

func nackOf(g *group, nack *persistent.ReadReq_Nack) func(*message) {
	switch nack.GetAction() {
	case persistent.ReadReq_Nack_Park:
		return func(m *message) { g.park(m, nack.GetReason()) }
	case persistent.ReadReq_Nack_Skip:
		return g.finish
	}
	return func(m *message) { g.retry(m, nack.GetReason()) }
}

func eventIDs(in []*shared.UUID) ([]uuid.UUID, error) {
	out := make([]uuid.UUID, len(in))
	for i, id := range in {
		var err error
		if out[i], err = eventID(id); err != nil {
			return nil, errInvalid("event id: %v", err)
		}
	}
	return out, nil
}

// GetInfo describes a group.
func (p *persistentServer) GetInfo(ctx context.Context, req *persistent.GetInfoReq) (*persistent.GetInfoResp, error) {
	source := allStream
	if id := req.GetOptions().GetStreamIdentifier(); id != nil {
		source = string(id.GetStreamName())
	}
	if err := p.s.authorizeAdmin(ctx); err != nil {
		return nil, p.s.answerUnary(ctx, err)
	}
	g, err := p.find(source, req.GetOptions().GetGroupName())
	if err != nil {
		return nil, p.s.answerUnary(ctx, err)
	}
	info, err := g.info()
	if err != nil {
		return nil, p.s.answerUnary(ctx, err)
	}
	return &persistent.GetInfoResp{SubscriptionInfo: info}, nil
}

// List describes the groups of a stream, of $all, or all of them.
func (p *persistentServer) List(ctx context.Context, req *persistent.ListReq) (*persistent.ListResp, error) {
	if err := p.s.authorizeAdmin(ctx); err != nil {
		return nil, p.s.answerUnary(ctx, err)
	}
	source, every := "", true
	if o, ok := req.GetOptions().GetListOption().(*persistent.ListReq_Options_ListForStream); ok {
		source, every = allStream, false
		if id := o.ListForStream.GetStream(); id != nil {
			source = string(id.GetStreamName())
		}
	}
	p.mu.Lock()
	var found []*group
	for _, g := range p.groups {
		if every || g.cfg.Source == source {
			found = append(found, g)
		}
	}
	p.mu.Unlock()
	if len(found) == 0 && !every {
		return nil, p.s.answerUnary(ctx, errNoGroup(source, ""))
	}
	resp := &persistent.ListResp{}
	for _, g := range found {
		info, err := g.info()
		if err != nil {
			return nil, p.s.answerUnary(ctx, err)
		}
		resp.Subscriptions = append(resp.Subscriptions, info)
	}
	return resp, nil
}

func (g *group) info() (*persistent.SubscriptionInfo, error) {
	parked, err := g.parkedCount()
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	cfg := g.cfg
	info := &persistent.SubscriptionInfo{
		EventSource: cfg.Source, GroupName: cfg.Group, Status: "Live", StartFrom: cfg.showStart(),
		AveragePerSecond: clamp(g.rate.perSecond), TotalItems: g.total, CountSinceLastMeasurement: g.rate.since,
		ResolveLinkTos: cfg.ResolveLinks, MessageTimeoutMilliseconds: cfg.MessageTimeoutMS,
		ExtraStatistics: cfg.ExtraStatistics, MaxRetryCount: cfg.MaxRetryCount,
		LiveBufferSize: cfg.LiveBufferSize, BufferSize: cfg.HistoryBufferSize, ReadBatchSize: cfg.ReadBatchSize,
		CheckPointAfterMilliseconds: cfg.CheckpointAfterMS,
		MinCheckPointCount:          cfg.MinCheckpointCount, MaxCheckPointCount: cfg.MaxCheckpointCount,
		ReadBufferCount: clamp(int64(len(g.buffer))), RetryBufferCount: clamp(int64(len(g.again))),
		TotalInFlightMessages:    clamp(int64(g.inFlight)),
		OutstandingMessagesCount: clamp(int64(g.inFlight + len(g.parking))),
		NamedConsumerStrategy:    cfg.Strategy, MaxSubscriberCount: cfg.MaxSubscriberCount, ParkedMessageCount: parked,
	}
	if g.next <= g.newest() {
		info.Status = "Behind"
	}
	if g.marked >= cfg.Start {
		info.LastCheckpointedEventPosition = cfg.show(g.marked)
	}
	if last := g.newest(); last >= 0 {
		info.LastKnownEventPosition = cfg.show(last)
	}
	for _, c := range g.consumers {
		info.Connections = append(info.Connections, &persistent.SubscriptionInfo_ConnectionInfo{
			From: c.from, Username: c.user, TotalItems: c.total, ConnectionName: c.from,
			AverageItemsPerSecond: clamp(c.rate.perSecond), CountSinceLastMeasurement: c.rate.since,
			AvailableSlots: clamp(int64(c.slots - c.count)), InFlightMessages: clamp(int64(c.count)),
		})
	}
	return info, nil
}

func clamp(n int64) int32 { return int32(min(n, math.MaxInt32)) }
