// Package config owns the platform's configuration: one struct whose tags hold every key's default, bounds and meaning,
// read from a YAML file, environment variables over it and flags over those, and read again when the file changes.
//
// It doesn't own what a setting does: each part of the platform is given its own ones.
package config

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/pflag"
)

// Embedded as a URL stands for the part that the platform runs itself.
const Embedded = "embedded"

// The profiles.
const (
	Development = "development"
	Production  = "production"
)

// Config is what the platform runs with. A key in YAML is the path of the key tags, a variable of the environment
// MICROGRID_ and that path in capitals. Tags: default; doc; live, whether a change takes effect while the platform
// runs; flag, whether it is also a flag; secret and url, what is masked when it is shown; oneof, min and max.
type Config struct {
	Profile     string      `key:"profile" default:"development" oneof:"development production" flag:"yes" doc:"production refuses secrets that are known from development, or are short."`
	Listen      string      `key:"listen" default:"127.0.0.1:8081" flag:"yes" doc:"Address and port of the HTTP server; port 0 takes a free one."`
	DataDir     string      `key:"dataDir" default:"./data" flag:"yes" doc:"Folder of everything that is embedded: events, PostgreSQL's cluster, stored files."`
	HTTP        HTTP        `key:"http"`
	Log         Log         `key:"log"`
	EventStore  EventStore  `key:"eventstore"`
	Database    Database    `key:"database"`
	ObjectStore ObjectStore `key:"objectstore"`
	Auth        Auth        `key:"auth"`
	Metrics     Metrics     `key:"metrics"`
	Tenants     []Tenant    `key:"tenants" default:"[{id: tenant-demo, ingest: {hmacSecret: dev-ingest-secret}}]" live:"yes" doc:"Who may send telemetry. A list in the file replaces the default. In the environment the list is YAML or JSON, and single values of it are set by MICROGRID_TENANTS_0_INGEST_HMAC_SECRET and so on, counted from 0."`
	Ingest      Ingest      `key:"ingest"`
	Statistics  Statistics  `key:"statistics"`
	Settlement  Settlement  `key:"settlement"`
	Telemetry   Telemetry   `key:"telemetry"`
	Projections Projections `key:"projections"`

	Path string // of the file that was read, empty if there was none

	sources sources
}

// HTTP is about how browsers reach the platform.
type HTTP struct {
	BasePath string `key:"basePath" default:"/" doc:"Path under which a proxy shows the platform, such as /microgrid; the proxy may leave it in what it passes on, or take it away. A header X-Forwarded-Prefix says it too."`
}

// Log says what is logged, to standard error.
type Log struct {
	Level  string `key:"level" default:"info" oneof:"debug info warn error" live:"yes" flag:"yes" doc:"The least severe messages that are logged; debug also logs every request."`
	Format string `key:"format" default:"text" oneof:"text json" flag:"yes" doc:"For people or for machines."`
}

// SlogLevel is the level as slog has it.
func (l Log) SlogLevel() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		return slog.LevelInfo
	}
	return level
}

// EventStore says where events are kept.
type EventStore struct {
	URL    string `key:"url" default:"embedded" url:"yes" flag:"yes" doc:"embedded, or the connection string of EventStoreDB or KurrentDB (esdb://, esdb+discover://)."`
	Listen string `key:"listen" default:"127.0.0.1:0" doc:"Loopback address of the embedded event store, for its own tools; port 0 takes a free one."`
}

// Database says where read models are kept.
type Database struct {
	URL            string `key:"url" default:"embedded" url:"yes" flag:"yes" doc:"embedded, or the URL of any PostgreSQL 15 or newer (postgres://)."`
	MaxConnections int    `key:"maxConnections" default:"24" min:"4" max:"1000" doc:"Connections that this process opens at most."`
	BinDir         string `key:"binDir" default:"" doc:"Folder of initdb and postgres for the embedded one; empty: they are looked for."`
	SharedBuffers  Size   `key:"sharedBuffers" default:"96MiB" min:"16MiB" max:"64GiB" doc:"Memory that the embedded one keeps pages in."`
}

// ObjectStore says where files are kept.
type ObjectStore struct {
	URL string `key:"url" default:"" url:"yes" flag:"yes" doc:"A folder, or s3://KEY:SECRET@HOST/BUCKET; empty: the folder objects of the data folder."`
}

// Auth is about the API's tokens.
type Auth struct {
	JWTSecret string `key:"jwtSecret" default:"dev-secret-change-me" secret:"yes" live:"yes" doc:"Secret that the API's tokens are signed with (HS256)."`
}

// Metrics are of all tenants, and name them.
type Metrics struct {
	Token string `key:"token" default:"" secret:"yes" live:"yes" doc:"Token that whoever reads /metrics sends as Authorization: Bearer; empty: everyone who reaches the platform reads them."`
}

// Tenant is who telemetry belongs to.
type Tenant struct {
	ID     string       `key:"id" default:"" doc:"Letters, digits, - and _."`
	Ingest TenantIngest `key:"ingest"`
}

// TenantIngest are the ways in which a tenant may prove itself at the webhook; each one that is set is accepted.
type TenantIngest struct {
	HMACSecret string `key:"hmacSecret" default:"" secret:"yes" doc:"Secret that requests are signed with (HMAC-SHA256)."`
	Token      string `key:"token" default:"" secret:"yes" doc:"Token sent as a header."`
	Basic      Basic  `key:"basic"`
}

// Basic is HTTP's Basic authentication.
type Basic struct {
	User     string `key:"user" default:"" doc:"User of Basic authentication."`
	Password string `key:"password" default:"" secret:"yes" doc:"Its password."`
}

// Ingest bounds the telemetry webhook.
type Ingest struct {
	MaxBodyBytes  Size          `key:"maxBodyBytes" default:"4MiB" min:"1KiB" max:"256MiB" live:"yes" doc:"Size of a request's body; larger ones are answered with 413."`
	MaxMessages   int           `key:"maxMessages" default:"10000" min:"1" max:"1000000" live:"yes" doc:"Messages in one request; more are answered with 413."`
	RatePerSecond float64       `key:"ratePerSecond" default:"0" min:"0" max:"1000000000" live:"yes" doc:"Messages a second of each tenant; more are answered with 429. 0: no limit."`
	ReplayWindow  time.Duration `key:"replayWindow" default:"300s" min:"1s" max:"24h" live:"yes" doc:"How far the time of a signed request may be off."`
	QueueLimit    int           `key:"queueLimit" default:"20000" min:"1" max:"10000000" doc:"Messages that wait for the event store; more are answered with 503."`
	MaxFuture     time.Duration `key:"maxFuture" default:"5m" min:"0s" max:"24h" live:"yes" doc:"How far a message's time may be ahead of the clock."`
	Oldest        time.Time     `key:"oldest" default:"2000-01-01" live:"yes" doc:"Date before which a message's time is taken for that of a clock that isn't set."`
}

// Statistics says when windows close.
type Statistics struct {
	Grace         time.Duration `key:"grace" default:"5m" min:"0s" max:"24h" live:"yes" doc:"How long after a window's end late data is waited for."`
	IdleTimeout   time.Duration `key:"idleTimeout" default:"30m" min:"1m" max:"168h" live:"yes" doc:"Silence after which a device, or a station, isn't waited for."`
	MaxSilentDays int           `key:"maxSilentDays" default:"31" min:"0" max:"3660" live:"yes" doc:"Days after its last telemetry for which a silent station's windows go on closing."`
	Workers       int           `key:"workers" default:"4" min:"1" max:"256" doc:"Stations that are calculated at once."`
}

// Settlement is about settling days.
type Settlement struct {
	ProvisionalBelow decimal.Decimal `key:"provisionalBelow" default:"0.95" min:"0" max:"1" live:"yes" doc:"Completeness of a day's grid data below which its settlement is provisional."`
}

// Telemetry is about raw telemetry's read model.
type Telemetry struct {
	RetentionDays int `key:"retentionDays" default:"0" min:"0" max:"36600" live:"yes" doc:"Days for which raw telemetry is kept in the database; 0: for good. Events stay."`
}

// Projections tunes how read models follow events.
type Projections struct {
	BatchSize     int           `key:"batchSize" default:"2000" min:"1" max:"100000" doc:"Events in one transaction at most."`
	FlushInterval time.Duration `key:"flushInterval" default:"20ms" min:"0s" max:"10s" doc:"How long a batch waits for more events."`
}

// AddFlags adds the flags that set configuration to a command's.
func AddFlags(flags *pflag.FlagSet) {
	flags.String(configFlag, "", "YAML file with the configuration (MICROGRID_CONFIG)")
	flags.StringArray(setFlag, nil, "KEY=VALUE, any key of the configuration, such as ingest.maxBodyBytes=8MiB; may be repeated")
	for _, f := range table {
		if f.flag != "" {
			flags.String(f.flag, f.defaults, f.doc)
		}
	}
}

const (
	configFlag = "config"
	setFlag    = "set"
)

// Load reads the configuration: defaults, the file that --config or MICROGRID_CONFIG names, the environment, the
// flags that AddFlags added. Everything that is wrong with it is in the one error, an [*Error].
func Load(flags *pflag.FlagSet) (Config, error) {
	return sources{environ: os.Environ, flags: flags}.load()
}

// Tenant finds a tenant by its id.
func (c Config) Tenant(id string) (Tenant, bool) {
	for _, t := range c.Tenants {
		if t.ID == id {
			return t, true
		}
	}
	return Tenant{}, false
}

// finish fills in what follows from other keys.
func (c *Config) finish() {
	if c.ObjectStore.URL == "" {
		c.ObjectStore.URL = filepath.Join(c.DataDir, "objects")
	}
}

// String is the configuration as YAML with its secrets masked, so that it may be logged.
func (c Config) String() string {
	text, err := c.YAML()
	if err != nil {
		return fmt.Sprintf("configuration that can't be shown: %v", err)
	}
	return string(text)
}

// LogValue keeps secrets out of logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
