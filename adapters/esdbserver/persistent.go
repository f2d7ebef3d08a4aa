package esdbserver

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/codes"
)

// persistentServer manages persistent subscriptions.
type persistentServer struct {
	persistent.UnimplementedPersistentSubscriptionsServer
	s *Server

	mu     sync.Mutex
	groups map[string]*group
}

func newPersistentServer(s *Server) *persistentServer {
	return &persistentServer{s: s, groups: make(map[string]*group)}
}

// load starts every stored group.
func (p *persistentServer) load() error {
	configs, err := p.s.st.loadGroups()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, cfg := range configs {
		g, err := newGroup(p.s, cfg)
		if err != nil {
			return fmt.Errorf("persistent subscription %q: %w", cfg.id(), err)
		}
		p.groups[cfg.id()] = g
	}
	return nil
}

// stop ends every group; their consumers are told why.
func (p *persistentServer) stop(reason *apiError) {
	p.mu.Lock()
	groups := p.groups
	p.groups = make(map[string]*group)
	p.mu.Unlock()
	for _, g := range groups {
		g.stop(reason)
	}
}

func errNoGroup(source, name string) *apiError {
	return &apiError{
		code: codes.NotFound, message: fmt.Sprintf("Subscription group %q on stream %q does not exist.", name, source),
		exception: "persistent-subscription-does-not-exist", trailers: []string{"stream-name", source, "group-name", name},
	}
}

func (p *persistentServer) find(source, name string) (*group, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if g, ok := p.groups[source+"::"+name]; ok {
		return g, nil
	}
	return nil, errNoGroup(source, name)
}

func (g *group) dropped() *apiError {
	return &apiError{
		code: codes.Canceled, message: fmt.Sprintf("Subscription group %q on stream %q was dropped.", g.cfg.Group, g.cfg.Source),
		exception: "persistent-subscription-dropped", trailers: g.trailers(),
	}
}

// Create makes a group that starts to work at once.
func (p *persistentServer) Create(ctx context.Context, req *persistent.CreateReq) (*persistent.CreateResp, error) {
	err := p.create(ctx, req.GetOptions())
	return &persistent.CreateResp{}, p.s.answerUnary(ctx, err)
}

func (p *persistentServer) create(ctx context.Context, o *persistent.CreateReq_Options) error {
	//nolint:staticcheck // where clients name the stream that know no groups on $all
	cfg := &groupConfig{Group: o.GetGroupName(), Source: string(o.GetStreamIdentifier().GetStreamName())}
	switch target := o.GetStreamOption().(type) {
	case *persistent.CreateReq_Options_All:
		cfg.Source = allStream
		switch at := target.All.GetAllOption().(type) {
		case *persistent.CreateReq_AllOptions_Position:
			cfg.Start = int64(min(at.Position.GetCommitPosition(), math.MaxInt64))
		case *persistent.CreateReq_AllOptions_End:
			cfg.AtEnd, cfg.Start = true, int64(p.s.st.visible.Load())+1
		}
		if f, ok := target.All.GetFilterOption().(*persistent.CreateReq_AllOptions_Filter); ok {
			cfg.Filter = filterConfig(f.Filter)
			if _, err := cfg.Filter.compile(); err != nil {
				return err
			}
		}
	case *persistent.CreateReq_Options_Stream:
		cfg.Source = string(target.Stream.GetStreamIdentifier().GetStreamName())
		switch at := target.Stream.GetRevisionOption().(type) {
		case *persistent.CreateReq_StreamOptions_Revision:
			cfg.Start = int64(min(at.Revision, math.MaxInt64))
		case *persistent.CreateReq_StreamOptions_End:
			last, err := p.lastRevision(cfg.Source)
			if err != nil {
				return err
			}
			cfg.AtEnd, cfg.Start = true, last+1
		}
	}
	cfg.apply(createSettings(o.GetSettings()))
	if err := cfg.validate(); err != nil {
		return err
	}
	if err := p.s.authorizeAdmin(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, exists := p.groups[cfg.id()]; exists {
		return &apiError{
			code: codes.AlreadyExists, message: fmt.Sprintf("Subscription group %q on stream %q already exists.", cfg.Group, cfg.Source),
			exception: "persistent-subscription-exists", trailers: []string{"stream-name", cfg.Source, "group-name", cfg.Group},
		}
	}
	return p.begin(cfg)
}

func (p *persistentServer) begin(cfg *groupConfig) error {
	if err := p.s.st.saveGroup(cfg); err != nil {
		return err
	}
	g, err := newGroup(p.s, cfg)
	if err != nil {
		return err
	}
	p.groups[cfg.id()] = g
	return nil
}

func (p *persistentServer) lastRevision(name string) (int64, error) {
	s, err := p.s.st.streams.acquire(name)
	if err != nil {
		return 0, err
	}
	defer p.s.st.streams.release(s)
	return s.head().last, nil
}

// Update changes a group's settings. Its consumers are dropped and may connect
// again; it goes on from its checkpoint, or from the new start while it has none.
func (p *persistentServer) Update(ctx context.Context, req *persistent.UpdateReq) (*persistent.UpdateResp, error) {
	err := p.update(ctx, req.GetOptions())
	return &persistent.UpdateResp{}, p.s.answerUnary(ctx, err)
}

func (p *persistentServer) update(ctx context.Context, o *persistent.UpdateReq_Options) error {
	source := string(o.GetStreamIdentifier().GetStreamName()) //nolint:staticcheck // as in create
	start, atEnd := int64(-1), false                          // -1: it stays
	switch target := o.GetStreamOption().(type) {
	case *persistent.UpdateReq_Options_All:
		source = allStream
		switch at := target.All.GetAllOption().(type) {
		case *persistent.UpdateReq_AllOptions_Position:
			start = int64(min(at.Position.GetCommitPosition(), math.MaxInt64))
		case *persistent.UpdateReq_AllOptions_Start:
			start = 0
		case *persistent.UpdateReq_AllOptions_End:
			start, atEnd = int64(p.s.st.visible.Load())+1, true
		}
	case *persistent.UpdateReq_Options_Stream:
		source = string(target.Stream.GetStreamIdentifier().GetStreamName())
		switch at := target.Stream.GetRevisionOption().(type) {
		case *persistent.UpdateReq_StreamOptions_Revision:
			start = int64(min(at.Revision, math.MaxInt64))
		case *persistent.UpdateReq_StreamOptions_Start:
			start = 0
		case *persistent.UpdateReq_StreamOptions_End:
			last, err := p.lastRevision(source)
			if err != nil {
				return err
			}
			start, atEnd = last+1, true
		}
	}
	if err := p.s.authorizeAdmin(ctx); err != nil {
		return err
	}
	g, err := p.find(source, o.GetGroupName())
	if err != nil {
		return err
	}
	cfg := *g.cfg
	if start >= 0 {
		cfg.Start, cfg.AtEnd = start, atEnd
	}
	cfg.apply(updateSettings(o.GetSettings()))
	if err := cfg.validate(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.groups[cfg.id()] != g {
		return errNoGroup(cfg.Source, cfg.Group)
	}
	g.stop(g.dropped())
	delete(p.groups, cfg.id())
	return p.begin(&cfg)
}

// Delete ends a group and forgets how far it was. Its parked messages are
// deleted too, or a later group of the same name would replay them.
func (p *persistentServer) Delete(ctx context.Context, req *persistent.DeleteReq) (*persistent.DeleteResp, error) {
	source := allStream
	if id := req.GetOptions().GetStreamIdentifier(); id != nil {
		source = string(id.GetStreamName())
	}
	err := p.delete(ctx, source, req.GetOptions().GetGroupName())
	return &persistent.DeleteResp{}, p.s.answerUnary(ctx, err)
}

func (p *persistentServer) delete(ctx context.Context, source, name string) error {
	if err := p.s.authorizeAdmin(ctx); err != nil {
		return err
	}
	g, err := p.find(source, name)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.groups[g.cfg.id()] != g {
		return errNoGroup(source, name)
	}
	g.stop(g.dropped())
	delete(p.groups, g.cfg.id())
	if err := p.s.st.deleteGroup(g.cfg); err != nil {
		return err
	}
	// Refused where nothing was ever parked, which is as well.
	return p.s.writer.write(context.WithoutCancel(ctx), &writeRequest{
		kind: writeDelete, stream: g.cfg.parkedStream(), expected: expectAny,
	}).err
}

// ReplayParked sends parked messages again.
func (p *persistentServer) ReplayParked(ctx context.Context, req *persistent.ReplayParkedReq) (*persistent.ReplayParkedResp, error) {
	o := req.GetOptions()
	source, limit := allStream, int64(math.MaxInt64)
	if id := o.GetStreamIdentifier(); id != nil {
		source = string(id.GetStreamName())
	}
	if at, ok := o.GetStopAtOption().(*persistent.ReplayParkedReq_Options_StopAt); ok {
		limit = at.StopAt
	}
	err := p.s.authorizeAdmin(ctx)
	if err == nil {
		var g *group
		if g, err = p.find(source, o.GetGroupName()); err == nil {
			err = g.replay(limit)
		}
	}
	return &persistent.ReplayParkedResp{}, p.s.answerUnary(ctx, err)
}

// RestartSubsystem drops every consumer and starts all groups anew.
func (p *persistentServer) RestartSubsystem(ctx context.Context, _ *shared.Empty) (*shared.Empty, error) {
	err := p.s.authorizeAdmin(ctx)
	if err == nil {
		p.stop(&apiError{code: codes.Canceled, message: "The persistent subscriptions are restarted."})
		err = p.load()
	}
	return &shared.Empty{}, p.s.answerUnary(ctx, err)
}
