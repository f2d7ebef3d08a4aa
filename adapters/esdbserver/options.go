package esdbserver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options configure a Server. The zero value of every field but DataDir is a
// good choice.
type Options struct {
	// DataDir is the directory that holds the store. It is created when missing.
	DataDir string

	// Listen is where the server accepts clients: "host:port" (port 0 picks a
	// free one) or "unix:/path/to/socket". Default "127.0.0.1:0". Without TLS
	// only loopback addresses and sockets are accepted.
	Listen string

	// Advertise is the "host:port" that clients which look for a cluster are
	// told to connect to. Default: where the server listens.
	Advertise string

	// UnsafeNoSync acknowledges appends before they are on disk. A crash of the
	// machine then loses acknowledged events. Meant for throw-away test data.
	UnsafeNoSync bool

	// TLS, when set, makes the server speak TLS only.
	TLS *tls.Config

	// Auth, when set, demands user and password and enforces access lists. It
	// needs TLS: clients send passwords over nothing else.
	Auth *Auth

	// CreateUsers writes the default users' streams ($users, $user-admin,
	// $user-ops) to a new store even without Auth, as EventStoreDB does.
	CreateUsers bool

	// CacheBytes bounds the cache of uncompressed blocks. Default 64 MiB.
	CacheBytes int64

	// RecentBytes bounds the newest events kept in memory for live
	// subscribers. Default 16 MiB.
	RecentBytes int

	// CachedStreams bounds how many streams' heads are kept in memory (about
	// 300 bytes each). Default 50,000.
	CachedStreams int

	// RememberedIDs bounds how many of the newest event ids are remembered for
	// the idempotency of appends that expect any revision. Default 131,072.
	RememberedIDs int

	// MaxAppendBytes bounds the events of one append: data, metadata and twice
	// the type's length, summed. Default 1 MiB, at most 15 MiB.
	MaxAppendBytes int

	// MaxPendingBytes bounds the memory of appends that wait for the disk.
	// Further appends wait, then are refused as too busy. Default 64 MiB.
	MaxPendingBytes int64

	// WriteTimeout is how long an append may wait for the disk. Default 10 s.
	WriteTimeout time.Duration

	// MinFreeBytes is the free disk space below which appends are refused, so
	// that what was acknowledged can still be tended to. Default a twentieth of
	// the file system, but 64 MiB at least and 256 MiB at most.
	MinFreeBytes uint64

	// Metrics, when set, receives the server's collectors.
	Metrics prometheus.Registerer

	// Logger receives what an operator should know. Default slog.Default.
	Logger *slog.Logger
}

// Auth configures users. Their passwords live in the store; these two apply
// only when a store is first opened with Auth.
type Auth struct {
	// AdminPassword of the user "admin". Default "changeit".
	AdminPassword string
	// OpsPassword of the user "ops". Default "changeit".
	OpsPassword string
}

const (
	defaultCacheBytes      = 64 << 20
	defaultRecentBytes     = 16 << 20
	defaultCachedStreams   = 50_000
	defaultRememberedIDs   = 1 << 17
	defaultMaxAppendBytes  = 1 << 20
	largestMaxAppendBytes  = 15 << 20
	defaultMaxPendingBytes = 64 << 20
	defaultWriteTimeout    = 10 * time.Second
	maxMessageBytes        = 16 << 20
	maxStreamNameBytes     = 4096
)

// withDefaults fills what was left zero and reports everything wrong at once.
func (o Options) withDefaults() (Options, error) {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if o.DataDir == "" {
		refuse("DataDir is empty")
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.TLS == nil && !isLocal(o.Listen) {
		refuse("Listen %q is neither loopback nor a unix socket: set TLS", o.Listen)
	}
	if o.Advertise != "" {
		if _, _, err := net.SplitHostPort(o.Advertise); err != nil {
			refuse("Advertise: %w", err)
		}
	} else if host, _, err := net.SplitHostPort(o.Listen); err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
		refuse("Listen %q is every address: set Advertise to the one that clients use", o.Listen)
	}
	if o.Auth != nil && o.TLS == nil {
		refuse("Auth needs TLS: clients send passwords over nothing else")
	}
	setDefault(&o.CacheBytes, defaultCacheBytes)
	setDefault(&o.RecentBytes, defaultRecentBytes)
	setDefault(&o.CachedStreams, defaultCachedStreams)
	setDefault(&o.RememberedIDs, defaultRememberedIDs)
	setDefault(&o.MaxAppendBytes, defaultMaxAppendBytes)
	setDefault(&o.MaxPendingBytes, defaultMaxPendingBytes)
	setDefault(&o.WriteTimeout, defaultWriteTimeout)
	for name, n := range map[string]int64{
		"CacheBytes": o.CacheBytes, "RecentBytes": int64(o.RecentBytes),
		"CachedStreams": int64(o.CachedStreams), "RememberedIDs": int64(o.RememberedIDs),
		"MaxAppendBytes": int64(o.MaxAppendBytes), "MaxPendingBytes": o.MaxPendingBytes,
		"WriteTimeout": int64(o.WriteTimeout),
	} {
		if n < 0 {
			refuse("%s is negative", name)
		}
	}
	if o.MaxAppendBytes > largestMaxAppendBytes {
		refuse("MaxAppendBytes %d is above %d, the most a client's message can carry", o.MaxAppendBytes, largestMaxAppendBytes)
	}
	if o.MaxPendingBytes < int64(o.MaxAppendBytes) {
		refuse("MaxPendingBytes %d is below MaxAppendBytes %d", o.MaxPendingBytes, o.MaxAppendBytes)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if len(errs) > 0 {
		return o, fmt.Errorf("event store options: %w", errors.Join(errs...))
	}
	return o, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// isLocal reports whether nothing but this machine can reach the address.
func isLocal(listen string) bool {
	if strings.HasPrefix(listen, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
