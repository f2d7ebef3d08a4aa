package esdbserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

// Server is an open event store. Its methods may be called concurrently.
type Server struct {
	streams.UnimplementedStreamsServer

	options Options
	log     *slog.Logger
	st      *store
	writer  *writer
	metrics *metrics
	groups  *persistentServer
	users   *users
	rpc     *grpc.Server
	closing chan struct{} // closed when subscriptions must end

	unregister func() // metrics; nil when there are none

	scavenging sync.Mutex

	mu       sync.Mutex
	listener net.Listener
	serving  sync.WaitGroup
	closed   bool
	closeErr error
	once     sync.Once
}

var errShuttingDown = &apiError{code: codes.Unavailable, message: "the event store is shutting down"}

func isCorruption(err error) bool { return pebble.IsCorruptionError(err) }

// Open opens the store in a directory, or makes one. It serves nobody before
// Start or Serve.
func Open(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	st, err := openStore(o)
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, log: o.Logger, st: st, metrics: newMetrics(), closing: make(chan struct{})}
	s.groups = newPersistentServer(s)
	if s.users, err = newUsers(s); err != nil {
		return nil, errors.Join(err, st.close())
	}
	s.writer = newWriter(st, o, s.metrics)
	if err := s.writer.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("event store %s: %w", o.DataDir, explainOpen(err)), st.close())
	}
	s.rpc = s.newRPC()
	if o.Metrics != nil {
		if s.unregister, err = s.metrics.register(o.Metrics, st); err != nil {
			s.writer.close()
			return nil, errors.Join(err, st.close())
		}
	}
	if err := errors.Join(s.createUsers(context.Background()), s.groups.load()); err != nil {
		return nil, errors.Join(fmt.Errorf("event store %s: %w", o.DataDir, err), s.Close())
	}
	return s, nil
}

// New opens a store and starts serving it where Options.Listen says.
func New(o Options) (*Server, error) {
	s, err := Open(o)
	if err != nil {
		return nil, err
	}
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) newRPC() *grpc.Server {
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(newFrameCodec()),
		grpc.MaxRecvMsgSize(maxMessageBytes),
		grpc.MaxSendMsgSize(maxMessageBytes),
		// Clients ping every ten seconds by default, also when they are idle.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 10 * time.Second, Timeout: 10 * time.Second}),
		grpc.NumStreamWorkers(64),
	}
	if s.options.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(s.options.TLS)))
	}
	if s.options.Auth != nil {
		options = append(options, grpc.UnaryInterceptor(s.authenticateUnary), grpc.StreamInterceptor(s.authenticateStream))
	}
	rpc := grpc.NewServer(options...)
	streams.RegisterStreamsServer(rpc, s)
	serverfeatures.RegisterServerFeaturesServer(rpc, featuresServer{})
	persistent.RegisterPersistentSubscriptionsServer(rpc, s.groups)
	gossip.RegisterGossipServer(rpc, gossipServer{s: s})
	return rpc
}

// Start listens where Options.Listen says and serves in the background.
func (s *Server) Start() error {
	network, address := "tcp", s.options.Listen
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", path
		if err := removeStaleSocket(path); err != nil {
			return err
		}
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return fmt.Errorf("event store: %w", err)
	}
	if err := s.attach(listener); err != nil {
		return errors.Join(err, listener.Close())
	}
	s.serving.Go(func() {
		if err := s.rpc.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			s.log.Error("event store stopped serving", "error", err)
		}
	})
	return nil
}

// removeStaleSocket removes a socket that a killed process left behind.
func removeStaleSocket(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&os.ModeSocket == 0 {
		return fmt.Errorf("event store: %s is there and isn't a socket", path)
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		return errors.Join(fmt.Errorf("event store: %s is in use by another process", path), conn.Close())
	}
	return os.Remove(path)
}

func (s *Server) attach(listener net.Listener) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errors.New("event store: it is closed")
	case s.listener != nil:
		return errors.New("event store: it is already served")
	}
	s.listener = listener
	return nil
}

// Serve serves clients that connect to the listener until Close. The caller
// answers for who can reach the listener.
func (s *Server) Serve(listener net.Listener) error {
	if err := s.attach(listener); err != nil {
		return err
	}
	err := s.rpc.Serve(listener)
	if errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}

// Addr is the address clients connect to: "host:port" or "unix:/path"; empty
// before Start or Serve.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	if a := s.listener.Addr(); a.Network() == "unix" {
		return "unix:" + a.String()
	}
	return s.listener.Addr().String()
}

// ConnectionString is what clients are configured with. For a unix socket it
// names no address: connection strings can't carry a path, set the client
// configuration's Address to Addr instead.
func (s *Server) ConnectionString() string {
	addr := s.Addr()
	if strings.HasPrefix(addr, "unix:") {
		addr = "localhost"
	}
	if s.options.TLS != nil {
		return "esdb://" + addr + "?tls=true"
	}
	return "esdb://" + addr + "?tls=false"
}

// LastPosition is the position of the newest event, 0 when there is none.
func (s *Server) LastPosition() uint64 { return s.st.visible.Load() }

// Err says why the store stopped writing until it is opened again; nil while it
// writes. A full disk isn't such a reason: the store goes on when there is room.
func (s *Server) Err() error {
	if failed := s.writer.failure.Load(); failed != nil {
		return *failed
	}
	return nil
}

// Close ends subscriptions, lets calls under way finish for a moment, and
// closes the files. Where the disk is full or very slow Close returns an error
// after some seconds, eight at most, and goes on in the background. Should the
// process end before, the next open recovers what was acknowledged, as after a
// kill.
func (s *Server) Close() error {
	s.once.Do(func() {
		deadline := time.After(closeDeadline)
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		close(s.closing)
		s.stopRPC()
		done := make(chan error, 1)
		go func() { done <- s.closeStore() }()
		for {
			select {
			case s.closeErr = <-done:
				return
			case <-deadline:
				s.closeErr = fmt.Errorf("event store %s: closing takes longer than %v and goes on", s.options.DataDir, closeDeadline)
				return
			case <-time.After(closePatience):
			}
			if s.st.disk.stalled.Load() > 0 {
				s.closeErr = fmt.Errorf("event store %s: disk full: closing waits for room", s.options.DataDir)
				return
			}
		}
	})
	return s.closeErr
}

const (
	closePatience = 3 * time.Second
	closeDeadline = 8 * time.Second // supervisors kill after ten
)

func (s *Server) stopRPC() {
	stopped := make(chan struct{})
	go func() {
		s.rpc.GracefulStop()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(closePatience):
		s.rpc.Stop()
	}
	s.serving.Wait()
}

func (s *Server) closeStore() error {
	s.groups.stop(errShuttingDown)
	if s.unregister != nil {
		s.unregister()
	}
	s.writer.close()
	return s.st.close()
}
