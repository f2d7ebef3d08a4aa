package config

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/configuration.md")

// given are the sources of one configuration.
type given struct {
	file string
	env  []string
	args []string
}

func (g given) sources(t *testing.T) sources {
	t.Helper()
	flags := pflag.NewFlagSet("microgrid", pflag.ContinueOnError)
	AddFlags(flags)
	require.NoError(t, flags.Parse(g.args))
	env := append([]string{"PATH=/bin", "HOME=/root"}, g.env...)
	if g.file != "" {
		path := filepath.Join(t.TempDir(), "microgrid.yaml")
		require.NoError(t, os.WriteFile(path, []byte(g.file), 0o600))
		env = append(env, "MICROGRID_CONFIG="+path)
	}
	return sources{environ: func() []string { return env }, flags: flags}
}

func (g given) load(t *testing.T) (Config, error) {
	t.Helper()
	return g.sources(t).load()
}

func TestDefaultsNeedNothing(t *testing.T) {
	c, err := given{}.load(t)
	require.NoError(t, err)
	require.Equal(t, Development, c.Profile)
	require.Equal(t, "127.0.0.1:8081", c.Listen)
	require.Equal(t, Embedded, c.EventStore.URL)
	require.Equal(t, Embedded, c.Database.URL)
	require.Equal(t, "data/objects", c.ObjectStore.URL)
	require.Equal(t, Size(4<<20), c.Ingest.MaxBodyBytes)
	require.Equal(t, 5*time.Minute, c.Statistics.Grace)
	require.Equal(t, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), c.Ingest.Oldest)
	require.True(t, c.Settlement.ProvisionalBelow.Equal(decimal.RequireFromString("0.95")))
	require.Equal(t, slog.LevelInfo, c.Log.SlogLevel())
	demo, ok := c.Tenant("tenant-demo")
	require.True(t, ok)
	require.Equal(t, "dev-ingest-secret", demo.Ingest.HMACSecret)
	_, ok = c.Tenant("other")
	require.False(t, ok)
	require.Empty(t, c.Path)
}

func TestTheLaterSourceCounts(t *testing.T) {
	c, err := given{
		file: "listen: 127.0.0.1:1\ndataDir: /file\nlog:\n  level: warn\ningest:\n  maxBodyBytes: 1MiB\n  maxMessages: 5\n  oldest: 2010-05-06\nstatistics:\n",
		env:  []string{"MICROGRID_DATA_DIR=/env", "MICROGRID_INGEST_MAX_BODY_BYTES=2097152", "MICROGRID_LOG_FORMAT=", "MICROGRID_STATISTICS_GRACE=90s"},
		args: []string{"--data-dir=/flag", "--log-level=error", "--set=ingest.maxMessages=7"},
	}.load(t)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:1", c.Listen, "file")
	require.Equal(t, Size(2<<20), c.Ingest.MaxBodyBytes, "environment over file")
	require.Equal(t, "/flag", c.DataDir, "flag over environment")
	require.Equal(t, "error", c.Log.Level, "flag over file")
	require.Equal(t, 7, c.Ingest.MaxMessages, "set over file")
	require.Equal(t, "text", c.Log.Format, "an empty variable is none")
	require.Equal(t, 90*time.Second, c.Statistics.Grace)
	require.Equal(t, 2010, c.Ingest.Oldest.Year())
}

func TestTenants(t *testing.T) {
	want := []Tenant{{ID: "a", Ingest: TenantIngest{HMACSecret: "sa", Basic: Basic{"u", "p"}}}, {ID: "b", Ingest: TenantIngest{Token: "tb"}}}
	for name, g := range map[string]given{
		"file": {file: "tenants:\n  - id: a\n    ingest: {hmacSecret: sa, basic: {user: u, password: p}}\n  - id: b\n    ingest:\n      token: tb\n"},
		"json": {env: []string{`MICROGRID_TENANTS=[{"id": "a", "ingest": {"hmacSecret": "sa", "basic": {"user": "u", "password": "p"}}}, {"id": "b", "ingest": {"token": "tb"}}]`}},
		"file, with secrets in the environment": {
			file: "tenants: [{id: a, ingest: {basic: {user: u}}}]",
			env: []string{"MICROGRID_TENANTS_0_INGEST_HMAC_SECRET=sa", "MICROGRID_TENANTS_0_INGEST_BASIC_PASSWORD=p",
				"MICROGRID_TENANTS_1_ID=b", "MICROGRID_TENANTS_1_INGEST_TOKEN=tb"},
		},
	} {
		c, err := g.load(t)
		require.NoError(t, err, name)
		require.Equal(t, want, c.Tenants, name)
	}
}

func TestEverythingWrongIsRefusedAtOnceWithItsPath(t *testing.T) {
	_, err := given{
		file: strings.Join([]string{
			"listen: 1", "DataDir: /x", "log: debug", "auth: {jwtSecret: 12345678}",
			"ingest:", "  maxBodyBytes: 4 bananas", "  maxMessages: 0", "  max_future: 5m", "  replayWindow: 300", "  oldest: yesterday",
			"statistics: {grace: , workers: [1]}",
			"settlement: {provisionalBelow: 1.01}",
			"database: {url: 'mysql://root:hidden@db/x'}",
			"tenants:", "  - id: a", "    ingest: {hmac: x}", "  - 5",
		}, "\n"),
		env:  []string{"MICROGRID_LOG_LEVEL=loud", "MICROGRID_PROJECTION_BATCH_SIZE=1", "MICROGRID_SERVICE_HOST=10.0.0.1", "MICROGRID_PORT_8081_TCP_ADDR=10.0.0.1"},
		args: []string{"--set=ingest.queue=1", "--set=nothing"},
	}.load(t)
	var refused *Error
	require.ErrorAs(t, err, &refused)
	have := map[string]string{}
	for _, p := range refused.Problems {
		have[p.Path] = p.Message
	}
	require.Equal(t, map[string]string{
		"listen":                          "must be a text: put it in quotes",
		"DataDir":                         "unknown key, it is written dataDir",
		"log":                             "must be a section with keys such as level",
		"log.level":                       `must be debug or info or warn or error, not "loud"`,
		"auth.jwtSecret":                  "must be a text: put it in quotes",
		"ingest.max_future":               "unknown key, it is written ingest.maxFuture",
		"ingest.maxBodyBytes":             `must be a number of bytes such as 4194304 or 4MiB, not "4 bananas"`,
		"ingest.maxMessages":              "must be at least 1, not 0",
		"ingest.replayWindow":             `must be a duration such as 300ms, 90s, 5m or 2h, not "300"`,
		"ingest.oldest":                   `must be a date such as 2000-01-01, not "yesterday"`,
		"statistics.grace":                "has no value: give one, or leave the key out",
		"statistics.workers":              "must be a single value",
		"settlement.provisionalBelow":     "must be at most 1, not 1.01",
		"tenants[0].ingest.hmac":          "unknown key",
		"tenants[1]":                      "must be a tenant with an id",
		"MICROGRID_PROJECTION_BATCH_SIZE": "unknown variable",
		"ingest.queue":                    "unknown key",
		"--set":                           `must be KEY=VALUE, not "nothing"`,
	}, have)
	require.Contains(t, err.Error(), "log.level (MICROGRID_LOG_LEVEL): must be")
	require.NotContains(t, err.Error(), "hidden")
}

func TestValuesThatDoNotGoTogether(t *testing.T) {
	_, err := given{file: strings.Join([]string{
		"listen: nowhere", "eventstore: {url: 'http://x', listen: '0.0.0.0:0'}", "database: {url: 'mysql://root:hidden@db/x'}",
		"objectstore: {url: 'ftp://x'}", "tenants: [{id: a b}, {id: c, ingest: {basic: {user: u}}}, {id: c}]",
	}, "\n")}.load(t)
	var refused *Error
	require.ErrorAs(t, err, &refused)
	var paths []string
	for _, p := range refused.Problems {
		paths = append(paths, p.Path)
	}
	require.Equal(t, []string{
		"listen", "eventstore.listen", "eventstore.url", "database.url", "objectstore.url",
		"tenants[0].id", "tenants[1].ingest.basic", "tenants[2].id",
	}, paths)
	require.NotContains(t, err.Error(), "hidden")
}

func TestProductionRefusesSecretsOfDevelopment(t *testing.T) {
	long := strings.Repeat("x", 32)
	_, err := given{args: []string{"--profile=production"}}.load(t)
	require.ErrorContains(t, err, "auth.jwtSecret (default): is the one that everybody knows")
	require.ErrorContains(t, err, "tenants[0].ingest.hmacSecret (default): is the one that everybody knows")

	_, err = given{file: "profile: production\nauth: {jwtSecret: short}\ntenants: [{id: a, ingest: {token: short, basic: {user: u, password: short}}}]"}.load(t)
	for _, path := range []string{"auth.jwtSecret", "tenants[0].ingest.token", "tenants[0].ingest.basic.password"} {
		require.ErrorContains(t, err, path)
	}
	_, err = given{
		file: "profile: production\ntenants: [{id: a}]",
		env:  []string{"MICROGRID_AUTH_JWT_SECRET=" + long, "MICROGRID_TENANTS_0_INGEST_HMAC_SECRET=" + long},
	}.load(t)
	require.NoError(t, err)
}

func TestFilesThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"listen: [":             "yaml",
		"listen: a\nlisten: b":  "already defined",
		"- a\n- b":              "unmarshal",
		"\tlisten: 127.0.0.1:1": "yaml",
	} {
		_, err := given{file: text}.load(t)
		require.ErrorContains(t, err, want, text)
	}
	_, err := given{args: []string{"--config=/nowhere/microgrid.yaml"}}.load(t)
	require.ErrorContains(t, err, "there is no such file")
	empty, err := given{file: "# nothing yet\n"}.load(t)
	require.NoError(t, err)
	require.NotEmpty(t, empty.Path)
}

func TestShownConfigurationHidesSecretsAndReadsBack(t *testing.T) {
	c, err := given{
		file: "auth: {jwtSecret: top-secret-1}\nmetrics: {token: top-secret-8}\ndatabase: {url: 'postgres://u:top-secret-2@h/d?sslmode=disable'}\n" +
			"eventstore: {url: 'esdb://admin:top-secret-3@h:2113?tls=true'}\nobjectstore: {url: 's3://key:top-secret-4@h/b'}\n" +
			"tenants: [{id: a, ingest: {hmacSecret: top-secret-5, token: top-secret-6, basic: {user: u, password: top-secret-7}}}]\n" +
			"statistics: {grace: 7m, idleTimeout: 2h}\nlisten: '127.0.0.1:0'\n",
	}.load(t)
	require.NoError(t, err)
	shown := c.String()
	require.NotContains(t, shown, "top-secret")
	require.NotContains(t, fmt.Sprintf("%v %+v %s", c, c, c), "top-secret")
	require.Contains(t, shown, "postgres://u:********@h/d?sslmode=disable")
	require.Contains(t, shown, "grace: 7m\n")
	require.Contains(t, shown, "maxBodyBytes: 4MiB\n")

	again, err := given{file: shown}.load(t)
	require.NoError(t, err)
	require.Equal(t, shown, again.String())
	require.Equal(t, c.Statistics, again.Statistics)
}

func TestPasswordsOfAllKindsAreMasked(t *testing.T) {
	f := field{url: true, kind: nil}
	for text, want := range map[string]string{
		"host=db password=hidden user=u":      "host=db password=******** user=u",
		"postgres://h/d?user=u&password=hid":  "postgres://h/d?user=u&password=********",
		"postgres://u:hid%40den@h/d":          "postgres://u:********@h/d",
		"postgres://u@h/d":                    "postgres://u@h/d",
		"s3://key:a/b@host/bucket":            "s3://key:a/b@host/bucket", // the slash ends the host: no password is in it
		"postgres://u:p%7Eq@h/d?sslmode=none": masked,                     // escaped where it needn't be
	} {
		require.Equal(t, want, f.shown(valueOf(text)), text)
	}
}

func TestWatchTakesWhatIsLive(t *testing.T) {
	s := given{file: "log: {level: info}\n"}.sources(t)
	c, err := s.load()
	require.NoError(t, err)
	var log lockedBuffer
	ctx, cancel := context.WithCancel(t.Context())
	applied := make(chan Config, 10)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		Watch(ctx, c, slog.New(slog.NewTextHandler(&log, nil)), func(c Config) { applied <- c })
	}()
	write := func(text string) { require.NoError(t, os.WriteFile(c.Path, []byte(text), 0o600)) }
	next := func() Config {
		select {
		case c := <-applied:
			return c
		case <-time.After(10 * time.Second):
			require.Fail(t, "nothing is applied", log.String())
			return Config{}
		}
	}

	// live keys take effect, others don't
	write("log: {level: debug}\nlisten: 127.0.0.1:9\nauth: {jwtSecret: fresh}\n")
	got := next()
	require.Equal(t, "debug", got.Log.Level)
	require.Equal(t, "fresh", got.Auth.JWTSecret)
	require.Equal(t, c.Listen, got.Listen)
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "needs a restart") }, time.Second, time.Millisecond)
	require.NotContains(t, log.String(), "fresh")

	// a file with a mistake changes nothing
	write("log: {level: loud}\nstatistics: {grace: 1m}\n")
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "is not used") }, 10*time.Second, 10*time.Millisecond)
	require.Empty(t, applied)

	// an editor that puts a new file in the old one's place, after a while without any
	require.NoError(t, os.Rename(c.Path, c.Path+"~"))
	time.Sleep(3 * settle)
	require.NoError(t, os.WriteFile(c.Path+".new", []byte("statistics: {grace: 2m}\n"), 0o600))
	require.NoError(t, os.Rename(c.Path+".new", c.Path))
	got = next()
	require.Equal(t, 2*time.Minute, got.Statistics.Grace)
	require.Equal(t, "info", got.Log.Level)

	// and it is still watched
	write("statistics: {grace: 3m}\n")
	require.Equal(t, 3*time.Minute, next().Statistics.Grace)
	cancel()
	<-ended
}

func TestEveryKeyIsDocumentedAndItsDefaultIsGood(t *testing.T) {
	for _, f := range append(append([]field(nil), table...), tenantTable...) {
		require.NotEmpty(t, f.doc, f.path)
		if f.kind != tenantsType {
			_, err := f.parse(f.defaults)
			require.NoError(t, err, f.path)
		}
	}
	seen := map[string]string{}
	for _, f := range table {
		require.Empty(t, seen[f.env], f.path)
		seen[f.env] = f.path
	}
}

func TestReferencePageIsCurrent(t *testing.T) {
	const page = "../../docs/configuration.md"
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(Reference()), 0o644))
	}
	have, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, Reference(), string(have), "write it anew: go test ./adapters/config -update")
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "1": 1, "4MiB": 4 << 20, "1 GiB": 1 << 30, "2kB": 2000, "7B": 7} {
		have, err := ParseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, have, text)
		again, err := ParseSize(have.String())
		require.NoError(t, err, have.String())
		require.Equal(t, want, again)
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "4mib", "99999999999999999999", "9999999999GiB"} {
		_, err := ParseSize(text)
		require.Error(t, err, text)
	}
}
